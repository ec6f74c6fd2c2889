#include "trusted/tokenizer/unigram_model.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"

namespace sotto {
namespace {

// How much worse than the worst token an unknown character is: the reference's number.
constexpr double kUnknownPenalty = 10.0;

}  // namespace

class UnigramEncoder : public WordEncoder {
 public:
  UnigramEncoder(const UnigramModel& model, const BarredTokens& barred)
      : model_(model), barred_(barred) {}

  absl::Status Encode(std::string_view word, std::vector<int32_t>& ids) override {
    SOTTO_RETURN_IF_ERROR(FindBestPath(word));
    pieces_.clear();
    for (size_t end = word.size(); end > 0; end = static_cast<size_t>(nodes_[end].begin)) {
      const auto begin = static_cast<size_t>(nodes_[end].begin);
      const bool unknown = nodes_[end].id == model_.unk_id_;
      if (unknown && !pieces_.empty() && pieces_.back().unknown) {
        pieces_.back().begin = begin;  // Neighbouring unknown characters are one.
      } else {
        pieces_.push_back({begin, end, unknown});
      }
    }
    for (size_t i = pieces_.size(); i-- > 0;) {
      SOTTO_RETURN_IF_ERROR(
          AppendPiece(word.substr(pieces_[i].begin, pieces_[i].end - pieces_[i].begin), ids));
    }
    return absl::OkStatus();
  }

 private:
  // The best cut of what stands before a place: its score and its last token.
  struct Node {
    double score = 0;
    int64_t begin = -1;  // of the last token; -1: none yet
    int32_t id = 0;
  };
  struct Piece {
    size_t begin, end;
    bool unknown;
  };

  static void Offer(Node& node, const Node& candidate) {
    if (node.begin < 0 || candidate.score > node.score) node = candidate;
  }

  absl::Status FindBestPath(std::string_view word) {
    const double* const scores = model_.scores_.data();
    nodes_.assign(word.size() + 1, Node{});
    for (size_t at = 0; at < word.size();) {
      Node* const here = &nodes_[at];
      const double score = here->score;
      const size_t character = NextUtf8(word.substr(at)).length;
      const auto begin = static_cast<int64_t>(at);
      bool single = false;  // Whether the character is a token.
      model_.trie_.EachPrefix(word.substr(at), [&](size_t length, int32_t id) {
        if (barred_.Has(id)) return;
        Offer(here[length], {score + scores[id], begin, id});
        single = single || length == character;
      });
      if (!single) {
        if (!model_.unk_id_.has_value()) return NoToken(word.substr(at, character));
        Offer(here[character], {score + model_.unk_score_, begin, *model_.unk_id_});
      }
      at += character;
    }
    return absl::OkStatus();
  }

  absl::Status AppendPiece(std::string_view piece, std::vector<int32_t>& ids) const {
    const auto id = model_.vocabulary_.Find(piece);
    if (id.has_value() && !barred_.Has(*id)) {
      ids.push_back(*id);
      return absl::OkStatus();
    }
    const size_t before = ids.size();
    if (model_.byte_fallback_ && AppendByteTokens(model_.byte_ids_, piece, ids)) {
      if (std::none_of(ids.begin() + static_cast<std::ptrdiff_t>(before), ids.end(),
                       [&](int32_t byte) { return barred_.Has(byte); })) {
        return absl::OkStatus();
      }
      ids.resize(before);
      return OnlyBarredTokens();
    }
    if (!model_.unk_id_.has_value() || barred_.unknown || HasBarredCharacter(piece)) {
      return NoToken(piece);
    }
    ids.push_back(*model_.unk_id_);
    return absl::OkStatus();
  }

  bool HasBarredCharacter(std::string_view piece) const {
    if (barred_.by_id.empty()) return false;
    while (!piece.empty()) {
      const size_t length = NextUtf8(piece).length;
      const auto id = model_.vocabulary_.Find(piece.substr(0, length));
      if (id.has_value() && barred_.Has(*id)) return true;
      piece.remove_prefix(length);
    }
    return false;
  }

  absl::Status NoToken(std::string_view piece) const {
    if (barred_.unknown || HasBarredCharacter(piece)) return OnlyBarredTokens();
    return absl::InvalidArgumentError(
        "the text has a character that the tokenizer's model lacks, and model.unk_id names no "
        "token for it");
  }

  const UnigramModel& model_;
  const BarredTokens& barred_;
  std::vector<Node> nodes_;
  std::vector<Piece> pieces_;
};

UnigramModel::UnigramModel(UnigramDefinition definition)
    : scores_(std::move(definition.scores)),
      vocabulary_(std::move(definition.vocabulary)),
      byte_ids_(FallbackIds(vocabulary_)),
      unk_id_(definition.unk_id),
      byte_fallback_(definition.byte_fallback) {
  std::vector<ByteTrie::Entry> entries;
  for (const std::string& token : definition.tokens) {
    if (!token.empty()) entries.emplace_back(token, *vocabulary_.Find(token));
  }
  // A token that is there twice has one id.
  std::sort(entries.begin(), entries.end());
  entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
  trie_ = ByteTrie(std::move(entries));
  if (!scores_.empty()) {
    unk_score_ = *std::min_element(scores_.begin(), scores_.end()) - kUnknownPenalty;
  }
}

std::unique_ptr<WordEncoder> UnigramModel::NewEncoder(const BarredTokens& barred) const {
  return std::make_unique<UnigramEncoder>(*this, barred);
}

}  // namespace sotto
