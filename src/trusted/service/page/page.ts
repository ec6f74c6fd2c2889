// The page at /: what is where, and what begins when.
import { Api, ApiError } from './api';
import { setUpComparePanel } from './compare_panel';
import { find, make } from './dom';
import { Place } from './progress';
import { protectionPanel } from './protection_panel';
import { setUpTabs } from './tabs';
import { setUpTextPanel } from './text_panel';
import { setUpTheme } from './theme';
import { TokenCard } from './token_card';

const api = new Api();
let model = '';

function whyNot(error: unknown): string {
  if (error instanceof ApiError && error.status === 401) {
    return api.key === '' ? 'The server wants an API key: write it above.' :
        'The server does not know this API key.';
  }
  return error instanceof ApiError ? error.message : 'The server cannot be reached.';
}

// Which model there is, and what protects it: again with every new key.
async function lookAtServer(): Promise<void> {
  const panel = find('protection', HTMLElement), name = find('model', HTMLElement);
  try {
    const [models, protection] = await Promise.all([api.models(), api.protection()]);
    model = models[0] ?? '';
    name.textContent = model;
    panel.replaceChildren(protectionPanel(protection));
  } catch (error) {
    name.textContent = '';
    panel.replaceChildren(make('p', 'notice', whyNot(error)));
  }
}

function setUpKey(): void {
  const input = find('key', HTMLInputElement);
  const take = () => {
    if (api.key === input.value.trim()) return;
    api.key = input.value.trim();
    void lookAtServer();
  };
  input.addEventListener('change', take);
  find('key-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    take();
  });
}

// Ctrl + Enter, or Command + Enter, sends the form one is writing in.
function setUpSending(): void {
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    const field = event.target;
    if (field instanceof HTMLTextAreaElement) field.form?.requestSubmit();
  });
}

function setUp(): void {
  const card = new TokenCard(find('card', HTMLElement));
  setUpTheme(find('theme', HTMLButtonElement));
  setUpTabs(find('tabs', HTMLElement));
  setUpKey();
  setUpSending();
  setUpTextPanel(api, () => model, new Place(find('text-result', HTMLElement)), card);
  setUpComparePanel(api, () => model, new Place(find('compare-result', HTMLElement)), card);
  void lookAtServer();
}

setUp();
