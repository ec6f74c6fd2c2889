// Elements by their type, made and found. Text goes in as text: nothing here parses HTML.

type Child = Node | string;

export function make<K extends keyof HTMLElementTagNameMap>(
    tag: K, className: string, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== '') element.className = className;
  element.append(...children);
  return element;
}

// The element that index.html has under this id.
export function find<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`index.html has no ${type.name} "${id}"`);
  return element;
}

// A shape of an SVG picture.
export function makeShape<K extends keyof SVGElementTagNameMap>(
    tag: K, attributes: Record<string, string>): SVGElementTagNameMap[K] {
  const shape = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
  return shape;
}
