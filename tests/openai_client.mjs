// Calls the service as the unchanged `openai` package does. Usage: node openai_client.mjs PACKAGE_DIR
// BASE_URL KEY MODEL. Prints "ok" when every answer and every error is as it should be.
import assert from "node:assert/strict";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [packageDir, baseURL, apiKey, model] = process.argv.slice(2);
const { default: OpenAI } = await import(pathToFileURL(path.join(packageDir, "index.mjs")).href);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });

const completion = await client.completions.create({
  model, prompt: "In the beginning God", max_tokens: 1, logprobs: 2, echo: true, temperature: 0,
});
const { tokens, token_logprobs: logprobs, top_logprobs: tops, text_offset: offsets } =
  completion.choices[0].logprobs;
assert.ok(completion.choices[0].text.startsWith("In the beginning God"));
assert.equal(completion.object, "text_completion");
assert.equal(tokens.length, completion.usage.prompt_tokens + 1);
for (const list of [logprobs, tops, offsets]) assert.equal(list.length, tokens.length);
assert.equal(logprobs[0], null);
assert.ok(logprobs.slice(1).every((value) => value < 0));

const several = await client.completions.create({
  model, prompt: [[1, 2, 3], [4, 5]], max_tokens: 0, logprobs: 1, echo: true,
});
assert.deepEqual(several.choices.map((choice) => choice.logprobs.tokens.length), [3, 2]);

// The client asks for base64 by itself, and gives floats.
const embeddings = await client.embeddings.create({ model, input: ["a light", "the dark"] });
const floats = await client.embeddings.create({ model, input: "a light", encoding_format: "float" });
assert.equal(embeddings.data.length, 2);
const close = (a, b) => Math.abs(a - b) < 1e-6;
assert.ok(embeddings.data[0].embedding.every((x, i) => close(x, floats.data[0].embedding[i])));
const half = await client.embeddings.create({ model, input: "a light", dimensions: 8 });
assert.equal(half.data[0].embedding.length, 8);

const models = [];
for await (const served of client.models.list()) models.push(served.id);
assert.deepEqual(models, [model]);
assert.equal((await client.models.retrieve(model)).id, model);

const fails = async (call, type, status) => {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof type, `${error.constructor.name} instead of ${type.name}`);
    assert.equal(error.status, status);
    return true;
  });
};
const ask = (more, other = client) =>
  other.completions.create({ model, prompt: "a", max_tokens: 0, ...more });
await fails(ask({ max_tokens: 20 }), OpenAI.BadRequestError, 400);
await fails(ask({ prompt: [99999999] }), OpenAI.BadRequestError, 400);
await fails(ask({ stream: true, max_tokens: 0 }), OpenAI.BadRequestError, 400);
const stranger = new OpenAI({ baseURL, apiKey: "not-a-key-of-this-server", maxRetries: 0 });
await fails(ask({}, stranger), OpenAI.AuthenticationError, 401);
await fails(ask({ model: "gpt-4o" }), OpenAI.NotFoundError, 404);
await fails(client.chat.completions.create({ model, messages: [] }), OpenAI.NotFoundError, 404);
await ask({ max_tokens: 20 }).catch((error) => assert.equal(error.param, "max_tokens"));

// More at once than the queue takes: some are told to come back, and with retries all succeed.
const busy = { prompt: Array.from({ length: 10 }, () => Array(900).fill(7)) };
const results = await Promise.allSettled(Array.from({ length: 6 }, () => ask(busy)));
const refused = results.filter((result) => result.status === "rejected");
assert.ok(refused.length > 0 && refused.length < 6);
for (const { reason } of refused) assert.ok(reason instanceof OpenAI.RateLimitError);
const patient = new OpenAI({ baseURL, apiKey, maxRetries: 20 });
await Promise.all(Array.from({ length: 6 }, () => ask(busy, patient)));

console.log("ok");
