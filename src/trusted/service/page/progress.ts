// One request at a time in a place of the page: the time it takes, its end, its error.
import { make } from './dom';
import { formatNumber } from './scores';

export class Place {
  private running: AbortController | null = null;

  constructor(private readonly element: HTMLElement) {}

  // Shows what `work` makes, or why it failed. A new call ends the one before it.
  async run(work: (signal: AbortSignal) => Promise<(seconds: number) => Node[]>): Promise<void> {
    this.running?.abort();
    const running = new AbortController();
    this.running = running;
    this.show(make('p', 'notice busy', 'Scoring …', this.cancelButton()));
    const start = performance.now();
    try {
      const result = await work(running.signal);
      if (this.running === running) this.show(...result((performance.now() - start) / 1000));
    } catch (error) {
      if (this.running === running) this.showError(error, running.signal.aborted);
    }
  }

  show(...nodes: Node[]): void {
    this.element.replaceChildren(...nodes);
  }

  fail(message: string): void {
    const notice = make('p', 'notice error', message);
    notice.setAttribute('role', 'alert');
    this.show(notice);
  }

  private showError(error: unknown, aborted: boolean): void {
    if (aborted) return this.show();
    this.fail(error instanceof TypeError ? 'The server cannot be reached.' :
        error instanceof Error ? error.message : String(error));
  }

  private cancelButton(): HTMLElement {
    const button = make('button', 'quiet', 'Cancel');
    button.type = 'button';
    button.addEventListener('click', () => this.running?.abort());
    return button;
  }
}

export function formatSeconds(seconds: number): string {
  return seconds < 1 ? `${formatNumber(seconds * 1000, 0)} ms` : `${formatNumber(seconds, 2)} s`;
}
