// A text, token by token, each shaded by its surprise. One token is in the order of the Tab key;
// the arrow keys, Home and End go from there.
import { make, makeShape } from './dom';
import { bitsOf, formatProbability, shadeOf, visible, type ScoredToken } from './scores';
import type { TokenCard } from './token_card';

function describe(token: ScoredToken): string {
  if (token.logprob === null) return `${visible(token.text)}, the first token`;
  const probability = formatProbability(token.logprob);
  return `${visible(token.text)}, probability ${probability}, rank ${token.rank}`;
}

// A fragment of a character has no text of its own, and a line's end none that is seen. The blank
// before a word stands outside the shade, where a line may be broken.
function label(token: ScoredToken): { blank: string; text: string } {
  if (/^bytes:/.test(token.text)) return { blank: '', text: '▯' };
  const blank = /^ \S/.test(token.text) ? ' ' : '';
  return { blank, text: token.text.slice(blank.length).replace(/\n/g, '↵\n') };
}

function spanOf(token: ScoredToken, index: number): HTMLElement {
  const span = make('span', token.logprob === null ? 'token first' : 'token', label(token).text);
  if (token.logprob !== null) {
    span.style.setProperty('--shade', shadeOf(token.logprob).toFixed(3));
  }
  span.dataset['index'] = String(index);
  span.tabIndex = index === 0 ? 0 : -1;
  span.setAttribute('role', 'listitem');
  span.setAttribute('aria-label', describe(token));
  return span;
}

class TokenView {
  private current = 0;
  private readonly spans: HTMLElement[];

  constructor(private readonly tokens: ScoredToken[], private readonly card: TokenCard,
              readonly element: HTMLElement) {
    this.spans = tokens.map(spanOf);
    element.setAttribute('role', 'list');
    element.setAttribute('aria-label', 'Tokens; the arrow keys go from one to the next');
    for (const [i, token] of tokens.entries()) {
      element.append(label(token).blank, this.spans[i] ?? '');
    }
    element.addEventListener('pointerover', (event) => this.show(event.target));
    element.addEventListener('pointerleave', () => card.hide());
    element.addEventListener('focusin', (event) => this.show(event.target));
    element.addEventListener('focusout', () => card.hide());
    element.addEventListener('click', (event) => this.focus(this.indexOf(event.target)));
    element.addEventListener('keydown', (event) => this.onKey(event));
  }

  private indexOf(target: EventTarget | null): number {
    const span = target instanceof HTMLElement ? target.closest<HTMLElement>('.token') : null;
    return Number(span?.dataset['index'] ?? NaN);
  }

  private show(target: EventTarget | null): void {
    const index = this.indexOf(target);
    const token = this.tokens[index], span = this.spans[index];
    if (token !== undefined && span !== undefined) this.card.show(token, span);
  }

  private focus(index: number): void {
    const next = this.spans[index], last = this.spans[this.current];
    if (next === undefined || last === undefined) return;
    last.tabIndex = -1;
    next.tabIndex = 0;
    this.current = index;
    next.focus();
  }

  private onKey(event: KeyboardEvent): void {
    const to = new Map([['ArrowRight', this.current + 1], ['ArrowLeft', this.current - 1],
                        ['Home', 0], ['End', this.spans.length - 1]]).get(event.key);
    if (event.key === 'Escape') this.card.hide();
    if (to === undefined) return;
    event.preventDefault();
    this.focus(to);
  }
}

export function tokenView(tokens: ScoredToken[], card: TokenCard): HTMLElement {
  return new TokenView(tokens, card, make('div', 'tokens')).element;
}

// Surprise along the text, a bar a token, in the colours of the text.
export function surpriseStrip(tokens: ScoredToken[]): SVGElement {
  const most = Math.max(14, ...tokens.map((token) => bitsOf(token.logprob ?? 0)));
  const strip = makeShape('svg', {
    class: 'strip', viewBox: `0 0 ${tokens.length} ${most}`, preserveAspectRatio: 'none',
    'aria-hidden': 'true',
  });
  for (const [i, token] of tokens.entries()) {
    const height = Math.max(0.25, bitsOf(token.logprob ?? 0));
    const bar = makeShape('rect', {
      x: String(i), width: '0.86', y: String(most - height), height: String(height),
    });
    bar.style.setProperty('--shade', shadeOf(token.logprob ?? 0).toFixed(3));
    strip.append(bar);
  }
  return strip;
}
