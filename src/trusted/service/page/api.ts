// The service's own API, as any client calls it.

export interface Logprobs {
  tokens: string[];
  token_logprobs: (number | null)[];
  top_logprobs: (Record<string, number> | null)[] | null;
  text_offset: number[];  // In code points.
  token_ids: number[];
  token_ranks: (number | null)[];  // 1: the most likely one.
}

export interface Choice {
  index: number;
  text: string;
  logprobs: Logprobs;
}

// GET /v1/protection: what the server says of itself.
export interface Protection {
  version: string;
  model: string;
  tls: boolean;
  host: { hidden: boolean; reason: string };
  accelerators: { count: number; hidden: boolean; reason: string } | null;
  precision: { linear: string; linear_reason: string; attention: string };
  // Null: nobody attests the server.
  attestation: { tee: 'sgx' | 'tdx'; keyset_digest: string; insecure_test: boolean } | null;
  prefixes_shared: boolean;
}

export class ApiError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

async function errorOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  const message = (body as { error?: { message?: string } } | null)?.error?.message;
  return new ApiError(response.status, message ?? `The server answered ${response.status}.`);
}

export class Api {
  // Of this tab's memory: it is never stored.
  key = '';

  async models(): Promise<string[]> {
    const list = await this.call<{ data: { id: string }[] }>('v1/models', {});
    return list.data.map((model) => model.id);
  }

  protection(): Promise<Protection> {
    return this.call('v1/protection', {});
  }

  // The tokens of each prompt, none generated, with `alternatives` at each place.
  async score(prompts: string[], model: string, alternatives: number,
              signal: AbortSignal): Promise<Choice[]> {
    const body = { model, prompt: prompts, echo: true, logprobs: alternatives, max_tokens: 0 };
    const answer = await this.call<{ choices: Choice[] }>('v1/completions', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    });
    return answer.choices.sort((a, b) => a.index - b.index);
  }

  private async call<T>(path: string, init: RequestInit): Promise<T> {
    const headers = new Headers(init.headers);
    if (this.key !== '') headers.set('Authorization', `Bearer ${this.key}`);
    const response = await fetch(path, {
      ...init, headers, cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer',
    });
    if (!response.ok) throw await errorOf(response);
    return await response.json() as T;
  }
}
