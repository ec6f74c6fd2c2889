// The page as people meet it: found by role and name, as a screen reader would, with the mouse and
// the keyboard, light and dark, wide and narrow. Usage: node page_playwright.cjs URL; needs
// playwright-core in NODE_PATH.
'use strict';

const assert = require('node:assert');
const { chromium } = require('playwright-core');

const kText = 'In the beginning God created the heaven and the earth.';

async function score(page) {
  await page.getByLabel('How likely does the model find this text?').fill(kText);
  await page.getByRole('button', { name: 'Score' }).click();
  await page.getByRole('listitem', { name: /heaven/ }).first().waitFor();
}

async function pointingAtATokenShowsWhatElseWasLikely(page) {
  await score(page);
  await page.getByRole('listitem', { name: /heaven/ }).hover();
  const card = page.getByRole('status');
  await card.waitFor();
  assert.match(await card.innerText(), /probability[\s\S]*log-probability[\s\S]*rank/);
  assert.ok(await card.getByRole('listitem').count() >= 10);
  const { x, y, width, height } = await card.boundingBox();
  const window = page.viewportSize();
  assert.ok(x >= 0 && y >= 0 && x + width <= window.width && y + height <= window.height);
  await page.mouse.move(1, 1);
  await card.waitFor({ state: 'hidden' });
}

async function keysAloneAreEnough(page) {
  const text = page.getByLabel('How likely does the model find this text?');
  await text.focus();
  await page.keyboard.insertText(kText);
  await page.keyboard.press('Control+Enter');
  await page.getByRole('listitem', { name: /heaven/ }).first().waitFor();
  for (let i = 0; i < 8; ++i) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(() => document.activeElement.matches('.token'))) break;
  }
  assert.ok(await page.evaluate(() => document.activeElement.matches('.token')));
  await page.keyboard.press('ArrowRight');
  assert.match(await page.getByRole('status').innerText(), /rank/);
  // One stop for the whole text.
  await page.keyboard.press('Tab');
  assert.ok(!await page.evaluate(() => document.activeElement.matches('.token')));

  await page.getByRole('tab', { name: 'A text' }).focus();
  await page.keyboard.press('ArrowRight');
  assert.ok(await page.getByLabel('What comes before').isVisible());
  assert.equal(await page.getByRole('tab', { selected: true }).innerText(), 'Candidates');
}

async function candidatesComeLikeliestFirst(page) {
  await page.getByRole('tab', { name: 'Candidates' }).click();
  await page.getByLabel('What comes before').fill('In the beginning God created');
  await page.getByLabel('What may follow, one a line').fill('a bicycle.\nthe heaven and the earth.');
  await page.getByRole('button', { name: 'Rank' }).click();
  const ranking = page.locator('.ranked');
  await ranking.first().waitFor();
  assert.match(await ranking.first().innerText(), /heaven/);
  for (const measure of ['probability per token', 'probability per byte']) {
    await page.getByLabel('Ranked by').selectOption({ label: measure });
    assert.equal(await ranking.count(), 2);
  }
}

async function nothingIsCutOff(page) {
  await score(page);
  assert.ok(await page.evaluate(
      () => document.documentElement.scrollWidth <= document.documentElement.clientWidth));
}

async function theSwitchChangesWhatTheSystemChose(page, scheme) {
  const ground = () => page.evaluate(
      () => getComputedStyle(document.documentElement).backgroundColor);
  const before = await ground();
  const dark = page.getByRole('button', { name: 'Dark', pressed: scheme === 'dark' });
  await dark.click();
  assert.notEqual(await ground(), before);
}

const kTests = [pointingAtATokenShowsWhatElseWasLikely, keysAloneAreEnough,
                candidatesComeLikeliestFirst, nothingIsCutOff, theSwitchChangesWhatTheSystemChose];

async function run(browser, url, test, colorScheme, viewport) {
  const page = await browser.newPage({ colorScheme, viewport });
  const said = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) said.push(`asked for ${request.url()}`);
  });
  await page.goto(url);
  await page.getByText('What protects this prompt').waitFor();
  await test(page, colorScheme);
  assert.deepEqual(said, []);
  await page.close();
}

async function main(url) {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  for (const colorScheme of ['light', 'dark']) {
    for (const viewport of [{ width: 1280, height: 860 }, { width: 360, height: 740 }]) {
      for (const test of kTests) {
        console.log(`${test.name}, ${colorScheme}, ${viewport.width} wide`);
        await run(browser, url, test, colorScheme, viewport);
      }
    }
  }
  await browser.close();
}

main(process.argv[2]).catch((error) => {
  console.error(error);
  process.exit(1);
});
