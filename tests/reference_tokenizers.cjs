// Encodes texts with Hugging Face's own library: called by reference_tokenizers_test.py, in a
// directory where its Node binding is installed. Arguments: a file of jobs and one for the answers,
// a JSON array in a line each: of {"tokenizer": file, "texts": file} and of [ids, ids with special
// tokens] a text.
const fs = require('fs');
const path = require('path');
const {Tokenizer} = require(path.join(process.cwd(), 'node_modules/@anush008/tokenizers'));

async function main() {
  const [jobs, answers] = process.argv.slice(2);
  const out = fs.openSync(answers, 'w');
  for (const job of JSON.parse(fs.readFileSync(jobs, 'utf8'))) {
    const tokenizer = Tokenizer.fromFile(job.tokenizer);
    const lines = [];
    for (const text of JSON.parse(fs.readFileSync(job.texts, 'utf8'))) {
      const plain = await tokenizer.encode(text, null, {addSpecialTokens: false});
      const whole = await tokenizer.encode(text, null, {addSpecialTokens: true});
      lines.push([plain.getIds(), whole.getIds()]);
    }
    fs.writeSync(out, JSON.stringify(lines) + '\n');
  }
}

main();
