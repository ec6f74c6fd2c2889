#include "trusted/service/openapi.h"

namespace sotto {
namespace {

constexpr std::string_view kOpenApi = R"({
 "openapi": "3.1.0",
 "info": {
  "title": "Sotto scoring service",
  "version": ")" SOTTO_VERSION R"(",
  "description": "Log-probabilities, embeddings and rankings of prompts. No text is generated."},
 "security": [{}, {"key": []}],
 "paths": {
  "/v1/completions": {
   "post": {
    "summary": "Log-probabilities of prompts, and the most likely next token",
    "requestBody": {
     "required": true,
     "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Completion"}}}},
    "responses": {
     "200": {"description": "The answer", "content": {"application/json": {}}},
     "default": {"$ref": "#/components/responses/Error"}}}},
  "/v1/embeddings": {
   "post": {
    "summary": "Embeddings of texts",
    "requestBody": {
     "required": true,
     "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Embedding"}}}},
    "responses": {
     "200": {"description": "The answer", "content": {"application/json": {}}},
     "default": {"$ref": "#/components/responses/Error"}}}},
  "/v1/classify": {
   "post": {
    "summary": "Labels of texts, by a classifier; or a reward model's scores",
    "requestBody": {
     "required": true,
     "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Classify"}}}},
    "responses": {
     "200": {"description": "The answer", "content": {"application/json": {}}},
     "default": {"$ref": "#/components/responses/Error"}}}},
  "/classify": {
   "post": {
    "summary": "Labels of texts, by a classifier; or a reward model's scores",
    "requestBody": {
     "required": true,
     "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Classify"}}}},
    "responses": {
     "200": {"description": "The answer", "content": {"application/json": {}}},
     "default": {"$ref": "#/components/responses/Error"}}}},
  "/v1/score": {
   "post": {
    "summary": "How well documents fit queries, in pairs",
    "requestBody": {
     "required": true,
     "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Score"}}}},
    "responses": {
     "200": {"description": "The answer", "content": {"application/json": {}}},
     "default": {"$ref": "#/components/responses/Error"}}}},
  "/score": {
   "post": {
    "summary": "How well documents fit queries, in pairs",
    "requestBody": {
     "required": true,
     "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Score"}}}},
    "responses": {
     "200": {"description": "The answer", "content": {"application/json": {}}},
     "default": {"$ref": "#/components/responses/Error"}}}},
  "/v1/rerank": {
   "post": {
    "summary": "Documents, the best first",
    "requestBody": {
     "required": true,
     "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Rerank"}}}},
    "responses": {
     "200": {"description": "The answer", "content": {"application/json": {}}},
     "default": {"$ref": "#/components/responses/Error"}}}},
  "/rerank": {
   "post": {
    "summary": "Documents, the best first",
    "requestBody": {
     "required": true,
     "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Rerank"}}}},
    "responses": {
     "200": {"description": "The answer", "content": {"application/json": {}}},
     "default": {"$ref": "#/components/responses/Error"}}}},
  "/v2/rerank": {
   "post": {
    "summary": "Documents, the best first",
    "requestBody": {
     "required": true,
     "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Rerank"}}}},
    "responses": {
     "200": {"description": "The answer", "content": {"application/json": {}}},
     "default": {"$ref": "#/components/responses/Error"}}}},
  "/tokenize": {
   "post": {
    "summary": "The token ids of a text",
    "requestBody": {
     "required": true,
     "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tokenize"}}}},
    "responses": {
     "200": {"description": "The answer", "content": {"application/json": {}}},
     "default": {"$ref": "#/components/responses/Error"}}}},
  "/detokenize": {
   "post": {
    "summary": "The text of token ids",
    "requestBody": {
     "required": true,
     "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Detokenize"}}}},
    "responses": {
     "200": {"description": "The answer", "content": {"application/json": {}}},
     "default": {"$ref": "#/components/responses/Error"}}}},
  "/tokenizer_info": {
   "get": {
    "summary": "The tokenizer's special tokens",
    "responses": {
     "200": {"description": "The answer", "content": {"application/json": {}}},
     "default": {"$ref": "#/components/responses/Error"}}}},
  "/v1/protection": {
   "get": {
    "summary": "What protects prompts, by the server's own account",
    "responses": {
     "200": {"description": "The answer", "content": {"application/json": {}}},
     "default": {"$ref": "#/components/responses/Error"}}}},
  "/v1/aci/attestation": {
   "get": {
    "summary": "The attestation report: the service's keys, and a quote of its TEE that vouches for them",
    "responses": {
     "200": {"description": "The report, as ACI (draft aci/1) has it", "content": {"application/json": {}}},
     "404": {"description": "No TEE attests this server"},
     "default": {"$ref": "#/components/responses/Error"}},
    "parameters": [
     {"name": "nonce", "in": "query", "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"}}],
    "security": []}},
  "/v1/aci/channel": {
   "post": {
    "summary": "Whether this TLS connection ends in the attested process: a signature of its exporter",
    "responses": {
     "200": {"description": "The proof", "content": {"application/json": {}}},
     "404": {"description": "No TEE attests this server"},
     "default": {"$ref": "#/components/responses/Error"}},
    "security": []}},
  "/v1/aci/receipts/{id}": {
   "get": {
    "summary": "The signed receipt of an answer, by its X-Receipt-Id or its id, for the key that asked",
    "responses": {
     "200": {"description": "The receipt", "content": {"application/json": {}}},
     "404": {"description": "There is none, or it is another key's"},
     "default": {"$ref": "#/components/responses/Error"}},
    "parameters": [
     {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}]}},
  "/v1/models": {
   "get": {
    "summary": "The model that is served",
    "responses": {
     "200": {"description": "The answer", "content": {"application/json": {}}},
     "default": {"$ref": "#/components/responses/Error"}}}},
  "/v1/models/{model}": {
   "get": {
    "summary": "The model that is served",
    "responses": {
     "200": {"description": "The answer", "content": {"application/json": {}}},
     "default": {"$ref": "#/components/responses/Error"}},
    "parameters": [
     {"name": "model", "in": "path", "required": true, "schema": {"type": "string"}}]}},
  "/health": {
   "get": {
    "summary": "Whether requests are accepted",
    "responses": {
     "200": {"description": "The answer", "content": {"application/json": {}}},
     "default": {"$ref": "#/components/responses/Error"}},
    "security": []}},
  "/metrics": {
   "get": {
    "summary": "Counters, for Prometheus",
    "responses": {
     "200": {"description": "The answer", "content": {"text/plain": {}}},
     "default": {"$ref": "#/components/responses/Error"}}}},
  "/openapi.json": {
   "get": {
    "summary": "This document",
    "responses": {
     "200": {"description": "The answer", "content": {"application/json": {}}},
     "default": {"$ref": "#/components/responses/Error"}},
    "security": []}}},
 "components": {
  "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
  "responses": {
   "Error": {
    "description": "An error",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}},
  "schemas": {
   "Prompt": {
    "oneOf": [
     {"type": "string"},
     {"type": "array", "items": {"type": "string"}, "minItems": 1},
     {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1},
     {
      "type": "array",
      "items": {"type": "array", "items": {"type": "integer", "minimum": 0}},
      "minItems": 1}]},
   "Completion": {
    "type": "object",
    "additionalProperties": false,
    "properties": {
     "model": {"type": "string"},
     "prompt": {"$ref": "#/components/schemas/Prompt"},
     "echo": {"type": "boolean", "default": false},
     "logprobs": {"oneOf": [{"type": "integer", "minimum": 0, "maximum": 20}, {"type": "boolean"}]},
     "prompt_logprobs": {"type": "integer", "minimum": 0, "maximum": 20},
     "max_tokens": {"type": "integer", "minimum": 0, "maximum": 1},
     "temperature": {"type": "number", "minimum": 0, "maximum": 2},
     "top_p": {"type": "number", "minimum": 0, "maximum": 1},
     "top_k": {"type": "integer", "minimum": -1},
     "min_p": {"type": "number", "minimum": 0, "maximum": 1},
     "seed": {"type": "integer"},
     "user": {"type": "string"},
     "stream": {"const": false},
     "stream_options": {"const": null},
     "n": {"const": 1},
     "best_of": {"const": 1},
     "stop": {"enum": [null, "", []]},
     "suffix": {"enum": [null, ""]},
     "ignore_eos": {"type": "boolean"},
     "priority": {"const": 0},
     "presence_penalty": {"const": 0},
     "frequency_penalty": {"const": 0},
     "repetition_penalty": {"const": 1},
     "logit_bias": {"type": "object", "maxProperties": 0},
     "logprob_token_ids": {
      "type": "array",
      "items": {"type": "integer", "minimum": 0},
      "minItems": 1,
      "maxItems": 1024},
     "label_token_ids": {
      "type": "array",
      "items": {"type": "integer", "minimum": 0},
      "minItems": 1,
      "maxItems": 1024},
     "labels": {
      "oneOf": [
       {"type": "string"},
       {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 1024}]},
     "apply_softmax": {"type": "boolean", "default": false},
     "return_tokens_as_token_ids": {"type": "boolean", "default": false},
     "add_special_tokens": {"type": "boolean", "default": true},
     "parse_special": {"type": "boolean", "default": true},
     "truncate_prompt_tokens": {"type": "integer", "minimum": -1},
     "truncation_side": {"enum": ["left", "right"], "default": "left"}},
    "required": ["prompt", "max_tokens"]},
   "Embedding": {
    "type": "object",
    "additionalProperties": false,
    "properties": {
     "model": {"type": "string"},
     "input": {"$ref": "#/components/schemas/Prompt"},
     "encoding_format": {"enum": ["float", "base64"], "default": "float"},
     "dimensions": {"type": "integer", "minimum": 1},
     "normalize": {"const": true},
     "priority": {"const": 0},
     "user": {"type": "string"},
     "add_special_tokens": {"type": "boolean", "default": true},
     "parse_special": {"type": "boolean", "default": true},
     "truncate_prompt_tokens": {"type": "integer", "minimum": -1},
     "truncation_side": {"enum": ["left", "right"], "default": "left"}},
    "required": ["input"]},
   "Classify": {
    "type": "object",
    "additionalProperties": false,
    "properties": {
     "model": {"type": "string"},
     "input": {"$ref": "#/components/schemas/Prompt"},
     "priority": {"const": 0},
     "user": {"type": "string"},
     "add_special_tokens": {"type": "boolean", "default": true},
     "parse_special": {"type": "boolean", "default": true},
     "truncate_prompt_tokens": {"type": "integer", "minimum": -1},
     "truncation_side": {"enum": ["left", "right"], "default": "left"}},
    "required": ["input"]},
   "Score": {
    "type": "object",
    "additionalProperties": false,
    "properties": {
     "model": {"type": "string"},
     "text_1": {
      "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]},
     "text_2": {
      "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]},
     "queries": {
      "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]},
     "documents": {
      "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]},
     "instruction": {"type": "string"},
     "priority": {"const": 0},
     "user": {"type": "string"},
     "use_activation": {"type": "boolean", "default": true},
     "truncate_prompt_tokens": {"type": "integer", "minimum": -1},
     "truncation_side": {"enum": ["left", "right"], "default": "right"}},
    "required": []},
   "Rerank": {
    "type": "object",
    "additionalProperties": false,
    "properties": {
     "model": {"type": "string"},
     "query": {"type": "string"},
     "documents": {
      "type": "array",
      "minItems": 1,
      "items": {
       "oneOf": [
        {"type": "string"},
        {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}]}},
     "top_n": {"type": "integer", "minimum": 1},
     "return_documents": {"type": "boolean"},
     "max_tokens_per_doc": {"type": "integer", "minimum": 1},
     "max_chunks_per_doc": {"enum": [1]},
     "rank_fields": {"enum": [["text"]]},
     "instruction": {"type": "string"},
     "priority": {"const": 0},
     "user": {"type": "string"},
     "use_activation": {"type": "boolean", "default": true},
     "truncate_prompt_tokens": {"type": "integer", "minimum": -1},
     "truncation_side": {"enum": ["left", "right"], "default": "right"}},
    "required": ["query", "documents"]},
   "Tokenize": {
    "type": "object",
    "additionalProperties": false,
    "properties": {
     "model": {"type": "string"},
     "prompt": {"type": "string"},
     "content": {"type": "string"},
     "add_special_tokens": {"type": "boolean", "default": true},
     "add_special": {"type": "boolean", "default": true},
     "parse_special": {"type": "boolean", "default": true},
     "return_token_strs": {"type": "boolean", "default": false}},
    "required": []},
   "Detokenize": {
    "type": "object",
    "additionalProperties": false,
    "properties": {
     "model": {"type": "string"},
     "tokens": {"type": "array", "items": {"type": "integer", "minimum": 0}}},
    "required": ["tokens"]},
   "Error": {
    "type": "object",
    "properties": {
     "error": {
      "type": "object",
      "properties": {
       "message": {"type": "string"},
       "type": {"type": "string"},
       "param": {"type": ["string", "null"]},
       "code": {"type": ["string", "null"]}},
      "required": ["message", "type", "param", "code"]}},
    "required": ["error"]}}}})";

}  // namespace

std::string_view OpenApiDocument() { return kOpenApi; }

}  // namespace sotto
