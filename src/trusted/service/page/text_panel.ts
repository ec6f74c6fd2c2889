// A text: how likely each of its tokens was, and all together.
import type { Api } from './api';
import { find, make } from './dom';
import { formatSeconds, type Place } from './progress';
import { formatNumber, scoredTokens, summarise, type ScoredToken } from './scores';
import { surpriseStrip, tokenView } from './token_view';
import type { TokenCard } from './token_card';

export const kAlternatives = 10;
const kExample = 'In the beginning God created the heaven and the bicycle. And the earth was ' +
    'without form, and void; and darkness was upon the face of the deep.';

function number(name: string, value: string, title: string): HTMLElement {
  const item = make('div', 'number', make('dt', '', name), make('dd', '', value));
  item.title = title;
  return item;
}

function numbers(tokens: ScoredToken[], seconds: number): HTMLElement {
  const { tokens: count, total, perplexity } = summarise(tokens);
  const known = count > 0;
  return make(
    'dl', 'numbers',
    number('perplexity', known ? formatNumber(perplexity, perplexity < 100 ? 2 : 0) : '–',
           'The exponential of the mean surprise: among so many equally likely tokens the model ' +
           'might as well have chosen'),
    number('log-probability', known ? formatNumber(total, 2) : '–',
           'Of the whole text, natural logarithm'),
    number('tokens', String(tokens.length),
           'The first has no probability: nothing comes before it'),
    number('time', formatSeconds(seconds), 'From the request to the whole answer'));
}

export function setUpTextPanel(api: Api, model: () => string, place: Place,
                               card: TokenCard): void {
  const text = find('text', HTMLTextAreaElement);
  const score = () => {
    if (text.value === '') return place.fail('Paste a text first.');
    return place.run(async (signal) => {
      const [choice] = await api.score([text.value], model(), kAlternatives, signal);
      if (choice === undefined) throw new Error('The server answered without a text.');
      const tokens = scoredTokens(choice, kAlternatives);
      return (seconds) => [
        numbers(tokens, seconds), surpriseStrip(tokens), tokenView(tokens, card),
      ];
    });
  };
  find('text-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    void score();
  });
  find('text-example', HTMLButtonElement).addEventListener('click', () => {
    text.value = kExample;
    void score();
  });
}
