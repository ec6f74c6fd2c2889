// The card beside a token: how likely it was, and what else might have stood there.
import { make } from './dom';
import { formatNumber, formatProbability, visible, type ScoredToken } from './scores';

function fact(name: string, value: string): HTMLElement {
  return make('div', 'fact', make('dt', '', name), make('dd', '', value));
}

function row(text: string, logprob: number, isToken: boolean): HTMLElement {
  const bar = make('span', 'bar');
  bar.style.setProperty('--share', String(Math.exp(logprob)));
  return make('li', isToken ? 'alternative chosen' : 'alternative', bar,
              make('span', 'alternative-text', visible(text)),
              make('span', 'alternative-share', formatProbability(logprob)));
}

function rows(token: ScoredToken): HTMLElement {
  const list = make('ol', 'alternatives');
  for (const { text, logprob } of token.alternatives) {
    list.append(row(text, logprob, text === token.text));
  }
  if (!token.listed && token.logprob !== null) {
    list.append(make('li', 'gap', '⋮'), row(token.text, token.logprob, true));
  }
  return list;
}

function contents(token: ScoredToken): Node[] {
  const title = make('p', 'card-title', visible(token.text));
  if (token.logprob === null) {
    return [title, make('p', 'hint', 'The first token: nothing comes before it to predict it.')];
  }
  return [
    title,
    make('dl', 'facts', fact('probability', formatProbability(token.logprob)),
         fact('log-probability', formatNumber(token.logprob, 3)), fact('rank', String(token.rank)),
         fact('id', String(token.id))),
    rows(token),
  ];
}

export class TokenCard {
  constructor(private readonly card: HTMLElement) {}

  show(token: ScoredToken, anchor: HTMLElement): void {
    this.card.replaceChildren(...contents(token));
    this.card.hidden = false;
    this.place(anchor);
  }

  hide(): void {
    this.card.hidden = true;
  }

  // Below the token, above it where there is no room, and inside the window.
  private place(anchor: HTMLElement): void {
    const at = anchor.getClientRects()[0] ?? anchor.getBoundingClientRect();
    const { width, height } = this.card.getBoundingClientRect();
    const below = at.bottom + 8 + height <= innerHeight || at.top < height + 8;
    const left = Math.min(Math.max(12, at.left), Math.max(12, innerWidth - width - 12));
    this.card.style.left = `${left}px`;
    const top = below ? at.bottom + 8 : at.top - height - 8;
    this.card.style.top = `${Math.max(12, Math.min(top, innerHeight - height - 12))}px`;
  }
}
