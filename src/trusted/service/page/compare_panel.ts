// Candidates behind a context, the likeliest first.
import type { Api } from './api';
import {
  candidateOf, rank, withBlank, type Candidate, type Measure, type Ranked,
} from './candidates';
import { find, make } from './dom';
import { formatSeconds, type Place } from './progress';
import { formatNumber } from './scores';
import { kAlternatives } from './text_panel';
import { tokenView } from './token_view';
import type { TokenCard } from './token_card';

const kExample = {
  context: 'In the beginning God created',
  candidates: [
    'the heaven and the earth.', 'great whales, and every living creature.', 'a bicycle.',
  ],
};
const kMeaning: Record<Measure, string> = {
  total: 'Each bar is a candidate\u2019s part of the probability of all of them.',
  token: 'Each bar is the mean probability of a token, which does not favour short candidates.',
  byte: 'Each bar is the mean probability of a byte, whatever the tokens are.',
};

function percent(share: number): string {
  return share >= 0.0005 || share === 0 ? `${formatNumber(share * 100, 1)} %` : '< 0.1 %';
}

function itemOf({ candidate, place, share }: Ranked, card: TokenCard): HTMLElement {
  const bar = make('div', 'bar');
  bar.style.setProperty('--share', share.toFixed(4));
  bar.setAttribute('aria-hidden', 'true');
  const count = candidate.tokens.length;
  return make(
    'li', place === 1 ? 'ranked best' : 'ranked',
    make('span', 'place', String(place)),
    make('div', 'candidate', tokenView(candidate.tokens, card), bar,
         make('p', 'hint', `log-probability ${formatNumber(candidate.total, 2)}, ${count} token${
           count === 1 ? '' : 's'}`)),
    make('strong', 'share', percent(share)));
}

function ranking(candidates: Candidate[], measure: Measure, card: TokenCard): HTMLElement[] {
  const items = rank(candidates, measure).map((ranked) => itemOf(ranked, card));
  return [make('ol', 'ranking', ...items), make('p', 'hint', kMeaning[measure])];
}

export function setUpComparePanel(api: Api, model: () => string, place: Place,
                                  card: TokenCard): void {
  const context = find('context', HTMLTextAreaElement);
  const candidates = find('candidates', HTMLTextAreaElement);
  const measure = find('measure', HTMLSelectElement);
  let shown: { candidates: Candidate[]; seconds: number } | null = null;

  const draw = (): Node[] => {
    if (shown === null) return [];
    return [...ranking(shown.candidates, measure.value as Measure, card),
            make('p', 'hint', `${formatSeconds(shown.seconds)} for all of them.`)];
  };
  const compare = () => {
    const lines = candidates.value.split('\n').filter((line) => line.trim() !== '');
    if (lines.length === 0) return place.fail('Write a candidate first, one a line.');
    const texts = lines.map((line) => withBlank(context.value, line));
    shown = null;
    return place.run(async (signal) => {
      const prompts = texts.map((text) => context.value + text);
      const choices = await api.score(prompts, model(), kAlternatives, signal);
      const scored = choices.map((choice, i) => candidateOf(choice, texts[i] ?? '', kAlternatives));
      return (seconds) => {
        shown = { candidates: scored, seconds };
        return draw();
      };
    });
  };
  find('compare-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    void compare();
  });
  measure.addEventListener('change', () => {
    if (shown !== null) place.show(...draw());
  });
  find('compare-example', HTMLButtonElement).addEventListener('click', () => {
    context.value = kExample.context;
    candidates.value = kExample.candidates.join('\n');
    void compare();
  });
}
