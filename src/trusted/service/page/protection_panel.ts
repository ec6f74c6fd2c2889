// What protects a prompt now, by the server's own account.
import type { Protection } from './api';
import { make } from './dom';

interface Line {
  good: boolean;
  title: string;
  text: string;
}

function sentence(text: string): string {
  const [first = '', ...rest] = [...text];
  return `${first.toUpperCase()}${rest.join('')}${/[.!?]$/.test(text) ? '' : '.'}`;
}

function hostLine({ host }: Protection): Line {
  return {
    good: host.hidden,
    title: host.hidden ? 'Hidden from the machine\u2019s owner' :
        'Not hidden from the machine\u2019s owner',
    text: sentence(host.reason),
  };
}

function acceleratorLine({ accelerators }: Protection): Line {
  if (accelerators === null) {
    return {
      good: true,
      title: 'No accelerator takes part',
      text: 'The server computes everything itself.',
    };
  }
  const { count, hidden, reason } = accelerators;
  const who = count === 1 ? 'the accelerator' : `${count} accelerators`;
  return {
    good: hidden,
    title: hidden ? `Hidden from ${who}` : `Not hidden from ${who}`,
    text: sentence(reason),
  };
}

function wayLine({ tls }: Protection): Line {
  const here = location.protocol === 'https:';
  if (here && tls) {
    return { good: true, title: 'Encrypted on the way', text: 'TLS ends in the server itself.' };
  }
  if (here) {
    return {
      good: false,
      title: 'Encrypted for part of the way',
      text: 'TLS ends before the server: a proxy reads what you send.',
    };
  }
  return {
    good: false,
    title: 'Not encrypted on the way',
    text: 'Plain HTTP, which is meant for one machine talking to itself.',
  };
}

function attestationLine({ attestation }: Protection): Line {
  if (attestation === null) {
    return {
      good: false,
      title: 'Not attested',
      text: 'No TEE vouches for this server: you have its word alone.',
    };
  }
  if (attestation.insecure_test) {
    return {
      good: false,
      title: 'Attested by a test',
      text: 'Its quotes prove nothing: they are made outside any TEE.',
    };
  }
  const tee = attestation.tee === 'sgx' ? 'Intel SGX' : 'Intel TDX';
  return {
    good: true,
    title: `Attested by ${tee}`,
    text: 'A page cannot check the quote. “sotto connect” does, before it sends a prompt. ' +
        `Keyset ${attestation.keyset_digest}.`,
  };
}

function sharingLine({ prefixes_shared }: Protection): Line[] {
  if (!prefixes_shared) return [];
  return [{
    good: false,
    title: 'Beginnings are shared between clients',
    text: 'Another client can tell by the time its request takes that yours began alike.',
  }];
}

function precisionLine({ precision }: Protection): HTMLElement {
  const { linear, linear_reason, attention } = precision;
  const why = linear_reason === 'named' ? '' : ` (${linear_reason})`;
  return make('p', 'hint', `Computed in ${linear}${why}, attention in ${attention}.`);
}

function itemOf({ good, title, text }: Line): HTMLElement {
  const mark = make('span', 'mark', good ? '✓' : '!');
  mark.setAttribute('aria-hidden', 'true');
  return make('li', good ? 'good' : 'open', mark,
              make('div', '', make('p', 'title', title), make('p', 'hint', text)));
}

export function protectionPanel(protection: Protection): HTMLElement {
  const lines = [hostLine(protection), acceleratorLine(protection), wayLine(protection),
                 attestationLine(protection), ...sharingLine(protection)];
  return make(
    'div', '', make('ul', 'lines', ...lines.map(itemOf)), precisionLine(protection),
    make('p', 'hint', `Sotto ${protection.version} says so of itself. Evidence is a quote of the ` +
        'TEE that you verify. This page stores nothing and asks no other server.'));
}
