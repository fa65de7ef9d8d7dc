#include "push/native/sample_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "support/parse_samples.h"

namespace lossd::push {

void PrintTo(const JsonRejection& rejection, std::ostream* out) {
  *out << rejection.index << ' ' << rejection.field << ": " << rejection.reason;
}

namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr double kInf = std::numeric_limits<double>::infinity();

MATCHER_P3(Rejected, index, field, reason, "") {
  return arg.index == static_cast<std::size_t>(index) && arg.field == field && arg.reason == reason;
}

/// The only sample object of a body that is taken whole.
JsonSample One(std::string_view body) {
  const SampleDocument document = ParseSamples(body);
  EXPECT_THAT(document.rejected, IsEmpty()) << body;
  EXPECT_THAT(document.accepted, SizeIs(1)) << body;
  return document.accepted.size() == 1 ? document.accepted.front() : JsonSample{};
}

/// An object with a job and a loss, and what `members` adds.
std::string With(std::string_view members) { return R"({"training_job":"j","loss":1,)" + std::string(members) + "}"; }

double Loss(std::string_view value) {
  const JsonSample sample = One(R"({"training_job":"j","loss":)" + std::string(value) + "}");
  return sample.samples.size() == 1 ? sample.samples[0].value : -12345;
}

void ExpectRejected(std::string_view body, std::string_view field, std::string_view reason) {
  const SampleDocument document = ParseSamples(body);
  EXPECT_THAT(document.accepted, IsEmpty()) << body;
  EXPECT_THAT(document.rejected, ElementsAre(Rejected(0, field, reason))) << body;
}

TEST(ParseSamples, TakesTheSmallestSample) {
  const JsonSample sample = One(R"({"training_job":"llama-7b","step":120,"loss":2.31})");
  EXPECT_EQ(sample.training_job, "llama-7b");
  EXPECT_EQ(sample.index, 0u);
  EXPECT_THAT(sample.labels, IsEmpty());
  ASSERT_THAT(sample.samples, SizeIs(1));
  EXPECT_EQ(sample.samples[0].loss, "train");
  EXPECT_EQ(sample.samples[0].value, 2.31);
  EXPECT_EQ(sample.samples[0].step, 120);
  EXPECT_EQ(sample.samples[0].epoch, std::nullopt);
  EXPECT_EQ(sample.samples[0].time, std::nullopt);
}

TEST(ParseSamples, TakesEveryMember) {
  const JsonSample sample =
      One(R"({"training_job":"j","name":"eval","loss":0.5,"step":7,"epoch":1.25,"lr":3e-4,"grad_norm":0.75,)"
          R"("labels":{"team":"a","rank":3},"timestamp":1700000000.25})");
  EXPECT_THAT(sample.labels, ElementsAre(Pair("rank", "3"), Pair("team", "a")));
  ASSERT_THAT(sample.samples, SizeIs(1));
  const core::Sample& one = sample.samples[0];
  EXPECT_EQ(one.loss, "eval");
  EXPECT_EQ(one.step, 7);
  EXPECT_EQ(one.epoch, 1.25);
  EXPECT_EQ(one.learning_rate, 3e-4);
  EXPECT_EQ(one.gradient_norm, 0.75);
  EXPECT_EQ(one.time, core::Timestamp(std::chrono::milliseconds(1700000000250)));
}

TEST(ParseSamples, MakesASampleOfEachOfSeveralLosses) {
  const JsonSample sample = One(R"({"training_job":"j","step":3,"losses":{"train":1,"eval":"2.5","aux":NaN}})");
  ASSERT_THAT(sample.samples, SizeIs(3));
  EXPECT_EQ(sample.samples[0].loss, "train");
  EXPECT_EQ(sample.samples[1].loss, "eval");
  EXPECT_EQ(sample.samples[1].value, 2.5);
  EXPECT_EQ(sample.samples[1].step, 3);
  EXPECT_EQ(sample.samples[2].loss, "aux");
  EXPECT_TRUE(std::isnan(sample.samples[2].value));
}

TEST(ParseSamples, TakesNonFiniteNumbersAsTokensAndAsStrings) {
  for (const char* text : {"NaN", "\"nan\"", "\"NaN\"", "\"-nan\"", "\"NAN\""})
    EXPECT_TRUE(std::isnan(Loss(text))) << text;
  for (const char* text : {"Infinity", "\"inf\"", "\"+inf\"", "\"Infinity\"", "\"+Infinity\""}) {
    EXPECT_EQ(Loss(text), kInf) << text;
  }
  for (const char* text : {"-Infinity", "\"-inf\"", "\"-Infinity\""}) EXPECT_EQ(Loss(text), -kInf) << text;
}

TEST(ParseSamples, TakesNumbersAsStrings) {
  EXPECT_EQ(Loss("\"2.31\""), 2.31);
  EXPECT_EQ(Loss("\" +1e-3 \""), 1e-3);
  EXPECT_EQ(Loss("\".5\""), 0.5);
  EXPECT_EQ(Loss("\"1.\""), 1.0);
  EXPECT_EQ(Loss("\"\\u0031\""), 1.0);
  EXPECT_EQ(One(With(R"("step":"120")")).samples[0].step, 120);
  EXPECT_EQ(One(With(R"("timestamp":"1.5")")).samples[0].time, core::Timestamp(std::chrono::milliseconds(1500)));
}

TEST(ParseSamples, TakesEveryNumberOfJson) {
  EXPECT_EQ(Loss("-0"), 0.0);
  EXPECT_EQ(Loss("1E+2"), 100.0);
  EXPECT_EQ(Loss("123456789012345678901234567890"), 123456789012345678901234567890.0);
  EXPECT_EQ(Loss("0.1e-1"), 0.01);
  const std::string zeros(400, '0');
  for (const std::string& tiny :
       {std::string("1e-999"), std::string("-1E-400"), std::string("\"1e-999999999999999999999\""), "0." + zeros + "1",
        "1" + zeros + "e-1000"}) {
    EXPECT_EQ(Loss(tiny), 0.0) << tiny;
  }
}

TEST(ParseSamples, TakesAStepThatIsAWholeFloat) {
  EXPECT_EQ(One(With(R"("step":120.0)")).samples[0].step, 120);
  EXPECT_EQ(One(With(R"("step":1e3)")).samples[0].step, 1000);
  EXPECT_EQ(One(With(R"("step":9223372036854775807)")).samples[0].step, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(One(With(R"("step":-1)")).samples[0].step, -1);
}

TEST(ParseSamples, TakesAnInfiniteGradientNorm) {
  EXPECT_EQ(One(With(R"("grad_norm":Infinity)")).samples[0].gradient_norm, kInf);
}

TEST(ParseSamples, TakesNullAsAbsent) {
  const JsonSample sample =
      One(With(R"("name":null,"step":null,"epoch":null,"lr":null,"grad_norm":null,"labels":null,"timestamp":null)"));
  EXPECT_EQ(sample.samples[0].loss, "train");
  EXPECT_EQ(sample.samples[0].step, std::nullopt);
  EXPECT_THAT(One(With(R"("labels":{"a":null,"b":"c"})")).labels, ElementsAre(Pair("b", "c")));
}

TEST(ParseSamples, IgnoresUnknownMembers) {
  EXPECT_EQ(Loss(R"(1,"x":{"loss":[2,{"step":"a"},NaN,"\u00e9",true,false,null,{},[]]},"y":-1.5e3)"), 1.0);
}

TEST(ParseSamples, ReadsEscapedNames) {
  EXPECT_EQ(One(R"({"training\u005fjob":"a\"b","l\u006fss":1})").training_job, "a\"b");
}

TEST(ParseSamples, SkipsAByteOrderMarkAndBlanks) {
  EXPECT_EQ(One("\xEF\xBB\xBF \r\n\t" + With("\"step\":1") + "\n\n").index, 0u);
}

TEST(ParseSamples, TakesAnArray) {
  const SampleDocument document = ParseSamples(R"([
    {"training_job":"a","loss":1},
    {"training_job":"b","loss":"x"},
    7, [8], "nine", null,
    {"training_job":"c","loss":3}])");
  ASSERT_THAT(document.accepted, SizeIs(2));
  EXPECT_EQ(document.accepted[0].training_job, "a");
  EXPECT_EQ(document.accepted[1].training_job, "c");
  EXPECT_EQ(document.accepted[1].index, 6u);
  EXPECT_THAT(document.rejected, ElementsAre(Rejected(1, "loss", "not a number"), Rejected(2, "", "not an object"),
                                             Rejected(3, "", "not an object"), Rejected(4, "", "not an object"),
                                             Rejected(5, "", "not an object")));
}

TEST(ParseSamples, RejectsAnEmptyArray) {
  ExpectRejected("[]", "", "an empty array: no samples");
  ExpectRejected(" [ ] ", "", "an empty array: no samples");
}

TEST(ParseSamples, TakesOneObjectALine) {
  const SampleDocument document = ParseSamples(
      "{\"training_job\":\"a\",\"loss\":1}\n"
      "\n"
      "{\"training_job\":\"b\",\"loss\":2}\r\n"
      "  {\"training_job\":\"c\",\"loss\":3}");
  ASSERT_THAT(document.accepted, SizeIs(3));
  EXPECT_EQ(document.accepted[2].training_job, "c");
  EXPECT_EQ(document.accepted[2].index, 2u);
  EXPECT_THAT(document.rejected, IsEmpty());
}

TEST(ParseSamples, RejectsABadLineAlone) {
  const std::string good = "{\"training_job\":\"a\",\"loss\":1}\n";
  for (const std::string bad :
       {"{\"training_job\":\"a\",\"loss\":}\n", "{\"training_job\":\"a\",\n", "garbage\n", "}\n", "{\"a\":\"\n",
        "{\"training_job\":\"a\",\"loss\":1}}\n", "{\"x\":[}\n", "{\"a\":1}{\"b\":2}\n"}) {
    for (std::size_t position = 0; position < 3; ++position) {
      std::string body;
      for (std::size_t line = 0; line < 3; ++line) body += line == position ? bad : good;
      const SampleDocument document = ParseSamples(body);
      EXPECT_THAT(document.accepted, SizeIs(2)) << body;
      ASSERT_THAT(document.rejected, SizeIs(1)) << body;
      EXPECT_EQ(document.rejected[0].index, position) << body;
      EXPECT_EQ(document.rejected[0].field, "") << body;
      EXPECT_THAT(document.rejected[0].reason, testing::StartsWith("not JSON at byte ")) << body;
    }
  }
}

TEST(ParseSamples, TakesAnObjectThatSpansLines) {
  EXPECT_EQ(
      One("{\n  \"training_job\": \"j\",\n  \"losses\":\n  {\"train\": 1\n  },\n  \"labels\": {}\n}\n").samples.size(),
      1u);
}

TEST(ParseSamples, RejectsAnEmptyBody) {
  ExpectRejected("", "", "empty body");
  ExpectRejected(" \r\n\t", "", "empty body");
  ExpectRejected("\xEF\xBB\xBF", "", "empty body");
}

TEST(ParseSamples, RejectsWhatIsNotJson) {
  ExpectRejected("hello", "", "not JSON at byte 0");
  ExpectRejected("loss=3", "", "not JSON at byte 0");
  ExpectRejected("{\"training_job\":\"a\",\"loss\":1", "", "not JSON at byte 28");
  ExpectRejected("[{\"training_job\":\"a\",\"loss\":1}", "", "not JSON at byte 30");
  ExpectRejected("{\"training_job\":\"a\"", "", "not JSON at byte 19");
  ExpectRejected("{\"training_job\":\"a", "", "not JSON at byte 18");
  ExpectRejected("{", "", "not JSON at byte 1");
  ExpectRejected("[", "", "not JSON at byte 1");
  ExpectRejected("{'training_job':'a'}", "", "not JSON at byte 1");
}

TEST(ParseSamples, RejectsMembersThatAreNotJsonEvenWhereNobodyWantsThem) {
  for (const char* value : {"tru", "nan", "+1", "01", "1.", ".5", "1e", "0x1", "-", "[1,2}", "{\"a\"}", "{\"a\":}",
                            "[1 2]", "\"\\x\"", "undefined", "NaNs"}) {
    const SampleDocument document = ParseSamples(With(std::string("\"x\":") + value));
    EXPECT_THAT(document.accepted, IsEmpty()) << value;
    ASSERT_THAT(document.rejected, SizeIs(1)) << value;
    EXPECT_THAT(document.rejected[0].reason, testing::StartsWith("not JSON at byte ")) << value;
  }
}

TEST(ParseSamples, TakesNothingOfADamagedArray) {
  const SampleDocument document = ParseSamples(R"([{"training_job":"a","loss":1},{"training_job":"b" "loss":2}])");
  EXPECT_THAT(document.accepted, IsEmpty());
  ASSERT_THAT(document.rejected, SizeIs(1));
  EXPECT_EQ(document.rejected[0].index, 1u);
}

TEST(ParseSamples, RejectsWhatIsNotUtf8) { ExpectRejected("{\"training_job\":\"\xff\",\"loss\":1}", "", "not UTF-8"); }

TEST(ParseSamples, RejectsDeepNesting) {
  ExpectRejected(With("\"x\":" + std::string(100, '[') + std::string(100, ']')), "", "nested deeper than 64");
  ExpectRejected(With("\"x\":" + std::string(5000, '[') + std::string(5000, ']')), "", "nested deeper than 64");
  EXPECT_EQ(Loss("1,\"x\":" + std::string(60, '[') + std::string(60, ']')), 1.0);
}

TEST(ParseSamples, RejectsWhatIsNotAnObject) {
  for (const char* body : {"1", "\"x\"", "null", "true", "NaN", "-1.5"}) ExpectRejected(body, "", "not an object");
}

TEST(ParseSamples, NamesTheMemberThatIsMissing) {
  ExpectRejected("{}", "training_job", "missing");
  ExpectRejected(R"({"loss":1})", "training_job", "missing");
  ExpectRejected(R"({"training_job":null,"loss":1})", "training_job", "missing");
  ExpectRejected(R"({"training_job":"j"})", "loss", "missing");
  ExpectRejected(R"({"training_job":"j","losses":null})", "losses", "empty");
  ExpectRejected(R"({"training_job":"j","losses":{}})", "losses", "empty");
}

TEST(ParseSamples, NamesTheMemberOfTheWrongType) {
  ExpectRejected(R"({"training_job":5,"loss":1})", "training_job", "not a string");
  ExpectRejected(R"({"training_job":"","loss":1})", "training_job", "empty");
  ExpectRejected(R"({"training_job":"j","loss":"abc"})", "loss", "not a number");
  ExpectRejected(R"({"training_job":"j","loss":""})", "loss", "not a number");
  ExpectRejected(R"({"training_job":"j","loss":"1,5"})", "loss", "not a number");
  ExpectRejected("{\"training_job\":\"j\",\"loss\":\"nan(1)\"}", "loss", "not a number");
  ExpectRejected(R"({"training_job":"j","loss":true})", "loss", "not a number");
  ExpectRejected(R"({"training_job":"j","loss":[1]})", "loss", "not a number");
  ExpectRejected(R"({"training_job":"j","loss":{"a":1}})", "loss", "not a number");
  ExpectRejected(R"({"training_job":"j","loss":null})", "loss", "is null");
  ExpectRejected(With(R"("name":5)"), "name", "not a string");
  ExpectRejected(With(R"("name":"")"), "name", "empty");
  ExpectRejected(With(R"("step":1.5)"), "step", "not an integer");
  ExpectRejected(With(R"("step":NaN)"), "step", "not an integer");
  ExpectRejected(With(R"("step":Infinity)"), "step", "not an integer");
  ExpectRejected(With(R"("step":"x")"), "step", "not a number");
  ExpectRejected(With(R"("step":[])"), "step", "not a number");
  ExpectRejected(With(R"("epoch":"x")"), "epoch", "not a number");
  ExpectRejected(With(R"("epoch":NaN)"), "epoch", "not finite");
  ExpectRejected(With(R"("lr":"inf")"), "lr", "not finite");
  ExpectRejected(With(R"("grad_norm":{})"), "grad_norm", "not a number");
  ExpectRejected(With(R"("labels":[])"), "labels", "not an object");
  ExpectRejected(With(R"("labels":"a=b")"), "labels", "not an object");
  ExpectRejected(With(R"("labels":{"a":[1]})"), "labels.a", "not a string");
  ExpectRejected(With(R"("labels":{"a":true})"), "labels.a", "not a string");
  ExpectRejected(With(R"("timestamp":"yesterday")"), "timestamp", "not a number");
  ExpectRejected(R"({"training_job":"j","losses":[1]})", "losses", "not an object");
  ExpectRejected(R"({"training_job":"j","losses":{"train":"x"}})", "losses.train", "not a number");
  ExpectRejected(R"({"training_job":"j","losses":{"train":null}})", "losses.train", "is null");
  ExpectRejected(R"({"training_job":"j","losses":{"":1}})", "losses.", "empty name");
}

TEST(ParseSamples, NamesTheMemberThatIsOutOfRange) {
  ExpectRejected(R"({"training_job":"j","loss":1e400})", "loss", "out of range");
  ExpectRejected(R"({"training_job":"j","loss":1)" + std::string(400, '0') + "e-10}", "loss", "out of range");
  ExpectRejected(R"({"training_job":"j","loss":1e99999999999999999999})", "loss", "out of range");
  ExpectRejected(R"({"training_job":"j","loss":"-1e400"})", "loss", "out of range");
  ExpectRejected(With(R"("step":9223372036854775808)"), "step", "out of range");
  ExpectRejected(With(R"("step":-9223372036854775809000)"), "step", "out of range");
  ExpectRejected(With(R"("step":"123456789012345678901234567890")"), "step", "out of range");
  ExpectRejected(With(R"("timestamp":1700000000000)"), "timestamp", "out of range: seconds since 1970 are expected");
}

TEST(ParseSamples, RejectsMembersGivenTwice) {
  ExpectRejected(With(R"("loss":2)"), "loss", "given twice");
  ExpectRejected(With(R"("st\u0065p":1,"step":1)"), "step", "given twice");
  ExpectRejected(With(R"("labels":{"a":"1","a":"2"})"), "labels.a", "given twice");
  ExpectRejected(R"({"training_job":"j","losses":{"a":1,"a":2}})", "losses.a", "given twice");
  ExpectRejected(With(R"("losses":{"train":1})"), "losses", "given together with loss");
  EXPECT_EQ(Loss(R"(1,"x":1,"x":2)"), 1.0);
}

TEST(ParseSamples, TellsTheFirstOfSeveralFaults) {
  ExpectRejected(R"({"step":"x","lr":"y","training_job":"j"})", "step", "not a number");
}

TEST(ParseSamples, ReadsTimesOfRfc3339) {
  const auto document = ParseSamples(R"({"training_job":"a","loss":1,"timestamp":"2026-01-31T12:30:00.5+01:00"})");
  ASSERT_EQ(document.accepted.size(), 1u);
  EXPECT_EQ(document.accepted[0].samples[0].time->time_since_epoch().count(), 1769859000'500'000'000);
  const auto wrong = ParseSamples(R"({"training_job":"a","loss":1,"timestamp":"2026-01-31T12:30"})");
  ASSERT_EQ(wrong.rejected.size(), 1u);
  EXPECT_EQ(wrong.rejected[0].reason, "neither seconds since 1970 nor a time of RFC 3339");
}

TEST(ParseSamples, AnswersAMisspeltMemberWithTheNameThatWasMeant) {
  const auto document = ParseSamples(R"({"training_job":"a","loss":1,"stpe":5,"note":"x","epochs":3,"epoch":1})");
  ASSERT_EQ(document.accepted.size(), 1u);
  ASSERT_EQ(document.warnings.size(), 1u);
  EXPECT_EQ(document.warnings[0].field, "stpe");
  EXPECT_EQ(document.warnings[0].reason, "unknown (did you mean \"step\"?)");
  const auto missing = ParseSamples(R"({"training_job":"a","los":1})");
  ASSERT_EQ(missing.rejected.size(), 1u);
  EXPECT_EQ(missing.rejected[0].field, "loss");
  EXPECT_EQ(missing.rejected[0].reason, R"(missing; "los" is unknown (did you mean "loss"?))");
}

}  // namespace
}  // namespace lossd::push
