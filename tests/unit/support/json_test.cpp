#include "support/json.h"

#include <doctest/doctest.h>

#include "../mutate.h"

namespace tdc {
namespace {

TEST_CASE("JSON keeps the order of what is written") {
  JsonObject object;
  object.emplace_back("z", 1);
  object.emplace_back("a", JsonArray{true, nullptr, 0.5, "text \"quoted\"\n"});
  object.emplace_back("big", int64_t{1} << 62);
  CHECK(to_text(object) ==
        R"({"z":1,"a":[true,null,0.5,"text \"quoted\"\n"],"big":4611686018427387904})");
  CHECK(to_text(JsonObject{{"a", 1}}, 2) == "{\n  \"a\": 1\n}");
}

TEST_CASE("JSON is read") {
  const Result<Json> json = parse_json(R"( {"b": [1, -2.5, "x"], "a": {"n": null, "t": true}} )");
  REQUIRE(json.ok());
  const Json& value = json.value();
  REQUIRE(value.find("b") != nullptr);
  const JsonArray& items = *value.find("b")->as_array();
  CHECK(*items[0].as_integer() == 1);
  CHECK(*items[1].as_double() == -2.5);
  CHECK(*items[2].as_string() == "x");
  CHECK(value.find("a")->find("n")->is_null());
  CHECK(*value.find("a")->find("t")->as_bool());
  CHECK(value.find("c") == nullptr);
  CHECK(value.find("b")->find("c") == nullptr);
  CHECK(value.as_object()->front().first == "a");
}

TEST_CASE("texts that are not JSON are refused") {
  for (const char* text :
       {"", "{", "[1,]", "{\"a\":1,}", "nul", "\"\\x\"", "[1] 2", "{1:2}", "\"\xff\""}) {
    CAPTURE(text);
    CHECK(!parse_json(text).ok());
  }
  CHECK(parse_json(R"({"a": 1, "b": {"a": 2}, "a": 3})").failure() ==
        fail("the key `a` is there twice"));
  CHECK(parse_json(R"([{"a": 1}, {"a": 2}, "a", "a"])").ok());
  CHECK(parse_json(std::string(64, '[') + std::string(64, ']')).ok());
  CHECK(parse_json(std::string(65, '[') + std::string(65, ']')).failure() ==
        fail("brackets are nested deeper than 64"));
}

TEST_CASE("damaged JSON never crashes") {
  constexpr unsigned kSeed = 23;
  std::mt19937 random(kSeed);
  const std::string whole =
      R"({"b": [1, -2.5e3, "x\u0041\\", {}], "a": {"n": null, "t": [true, false]}})";
  for (int i = 0; i < 20'000; ++i) (void)parse_json(mutate(whole, random));
}

}  // namespace
}  // namespace tdc
