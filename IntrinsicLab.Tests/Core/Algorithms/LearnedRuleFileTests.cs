using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class LearnedRuleFileTests
{
    private static readonly RuleOrigin Origin = new(
        "./lab train plan.json", 7, 1234, 5_600_000, 78.5, "a processor, 1 thread", "2026-02-28", """{"steps":5600000,"learningRate":1e-4,"name":"größe"}""");

    internal static LearnedRule Rule(RuleSemantics semantics = RuleSemantics.Predictions, int predictions = 3, int units = 4, string name = "made-up", int version = 2)
    {
        var network = new RuleNetwork(predictions, units, semantics);
        var parameters = new float[network.ParameterCount];
        network.Initialise(parameters, new Rng((ulong)(1 + units)));
        // What rounding in text would lose.
        (parameters[0], parameters[1]) = (float.Epsilon, -0f);
        return new(name, version, new(network, 0.995, parameters), Origin);
    }

    [Theory]
    [InlineData(RuleSemantics.Predictions, 3, 4)]
    [InlineData(RuleSemantics.PredictionsWithoutNext, 1, 2)]
    [InlineData(RuleSemantics.None, 0, 5)]
    [InlineData(RuleSemantics.Values, 0, 3)]
    public void Read_OfWhatWasWritten_IsTheSameToTheBit(RuleSemantics semantics, int predictions, int units)
    {
        var rule = Rule(semantics, predictions, units);
        var problems = new List<Problem>();

        var read = LearnedRuleFile.Read(LearnedRuleFile.Write(rule), problems)!;

        Assert.Empty(problems);
        Assert.Equal((rule.Id, rule.Origin), (read.Id, read.Origin));
        Assert.Equal((rule.Content.Network, rule.Content.Gamma), (read.Content.Network, read.Content.Gamma));
        Assert.Equal(rule.Content.Parameters.Select(BitConverter.SingleToInt32Bits), read.Content.Parameters.Select(BitConverter.SingleToInt32Bits));
        Assert.Equal(LearnedRuleFile.Write(rule), LearnedRuleFile.Write(read));
    }

    [Fact]
    public void Digest_IsOfWhatIsLearnedWith_AndOfNothingElse()
    {
        var rule = Rule();
        var digest = LearnedRuleFile.Digest(rule.Content);

        Assert.Equal(digest, LearnedRuleFile.Digest((rule with { Name = "other", Origin = Origin with { Seed = 8 } }).Content));
        Assert.NotEqual(digest, LearnedRuleFile.Digest(rule.Content with { Gamma = 0.99 }));
        Assert.NotEqual(digest, LearnedRuleFile.Digest(rule.Content with { Network = rule.Content.Network with { Semantics = RuleSemantics.None } }));
        Assert.NotEqual(digest, LearnedRuleFile.Digest(rule.Content with { Parameters = [.. rule.Content.Parameters[..^1], 1] }));
    }

    public static TheoryData<string, string, string> Faults => new()
    {
        { "format", "\"other\"", "/format" },
        { "formatVersion", "2", "/formatVersion" },
        { "name", "\"Made Up\"", "/name" },
        { "name", "\"made--up\"", "/name" },
        { "name", "\"made-up\\n\"", "/name" },
        { "version", "0", "/version" },
        { "form", "{\"predictions\": 3, \"units\": 4, \"semantics\": \"prediction\"}", "/form/semantics" },
        { "form", "{\"predictions\": 0, \"units\": 4, \"semantics\": \"predictions\"}", "/form/predictions" },
        { "form", "{\"predictions\": 3, \"units\": 4, \"semantics\": \"values\"}", "/form/predictions" },
        { "form", "{\"predictions\": 3, \"units\": 100000, \"semantics\": \"predictions\"}", "/form/units" },
        { "form", "{\"predictions\": 3, \"units\": 5, \"semantics\": \"predictions\"}", "/parameters" },
        { "form", "3", "/form" },
        { "gamma", "1.5", "/gamma" },
        { "gamma", "1e999", "/gamma" },
        { "gamma", "0.5", "/sha256" },
        { "parameters", "\"###\"", "/parameters" },
        { "parameters", "\"AAA=\"", "/parameters" },
        { "sha256", "\"abc\"", "/sha256" },
        { "sha256", $"\"{new string('0', 64)}\"", "/sha256" },
        { "origin", "{\"seed\": -1, \"updates\": 1, \"steps\": 1, \"date\": \"2026-01-01\"}", "/origin/seed" },
        { "origin", "{\"seed\": 1, \"updates\": 1, \"steps\": 1, \"date\": \"2026-13-01\"}", "/origin/date" },
        { "origin", "{\"seed\": 1, \"updates\": 1, \"steps\": 1, \"date\": \"2026-01-01\", \"configuration\": \"{}\"}", "/origin/configuration" },
        { "origin", "{\"seed\": 1, \"updates\": 1, \"steps\": 1, \"date\": \"2026-01-01\", \"seconds\": \"9\"}", "/origin/seconds" },
        { "extra", "1", "/extra" },
    };

    [Theory, MemberData(nameof(Faults))]
    public void Read_WithOneFault_NamesItsPlace(string member, string value, string place)
    {
        var json = JsonNode.Parse(LearnedRuleFile.Write(Rule()))!.AsObject();
        json[member] = JsonNode.Parse(value);
        var problems = new List<Problem>();

        Assert.Null(LearnedRuleFile.Read(Encoding.UTF8.GetBytes(json.ToJsonString()), problems));

        Assert.Equal(place, Assert.Single(problems).Pointer);
    }

    [Theory]
    [InlineData("format"), InlineData("formatVersion"), InlineData("name"), InlineData("version"), InlineData("form"), InlineData("gamma")]
    [InlineData("origin"), InlineData("parameters"), InlineData("sha256")]
    public void Read_WithoutAMember_SaysThatItIsRequired(string member)
    {
        var json = JsonNode.Parse(LearnedRuleFile.Write(Rule()))!.AsObject();
        json.Remove(member);
        var problems = new List<Problem>();

        Assert.Null(LearnedRuleFile.Read(Encoding.UTF8.GetBytes(json.ToJsonString()), problems));

        Assert.Equal($"/{member}", Assert.Single(problems).Pointer);
        Assert.Contains("required", problems[0].Message);
    }

    [Fact]
    public void Read_ManyFaults_ListsEveryOne()
    {
        var json = JsonNode.Parse(LearnedRuleFile.Write(Rule()))!.AsObject();
        (json["name"], json["gamma"], json["sha256"], json["form"]!["semantics"], json["origin"]!["date"]) = ("Ä", -1, "x", "none of them", "today");
        var problems = new List<Problem>();

        LearnedRuleFile.Read(Encoding.UTF8.GetBytes(json.ToJsonString()), problems);

        Assert.Equal(["/form/semantics", "/gamma", "/name", "/origin/date", "/sha256"], problems.Select(problem => problem.Pointer).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Read_OfNumbersThatAreNotFinite_SaysHowManyAndWhere()
    {
        var rule = Rule();
        rule.Content.Parameters[5] = float.NaN;
        rule.Content.Parameters[9] = float.PositiveInfinity;
        var problems = new List<Problem>();

        Assert.Null(LearnedRuleFile.Read(LearnedRuleFile.Write(rule), problems));

        Assert.Equal(new Problem("/parameters", "2 values are not finite, the first of them value 5."), Assert.Single(problems));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{\"name\": \"\\ud800\"}")]
    public void Read_OfAnythingElse_IsRefused(string text)
    {
        var problems = new List<Problem>();

        Assert.Null(LearnedRuleFile.Read(Encoding.UTF8.GetBytes(text), problems));

        Assert.NotEmpty(problems);
    }

    [Fact]
    public void Read_OfAFileThatIsTooLarge_SaysSoWithoutReadingIt()
    {
        var problems = new List<Problem>();

        Assert.Null(LearnedRuleFile.Read(new byte[LearnedRuleFile.MostBytes + 1], problems));

        Assert.Contains("at most", Assert.Single(problems).Message);
    }

    [Fact]
    public void LargestForm_FitsIntoAFile()
    {
        var network = new RuleNetwork(LearnedRuleFile.MostPredictions, LearnedRuleFile.MostUnits, RuleSemantics.Predictions);

        var file = LearnedRuleFile.Write(new("large", 1, new(network, 1, new float[network.ParameterCount]), Origin));

        Assert.True(file.Length <= LearnedRuleFile.MostBytes, $"{file.Length} bytes");
        Assert.NotNull(LearnedRuleFile.Read(file, []));
    }

    [Theory]
    [InlineData("LPG on grids, seed 1", "lpg-on-grids-seed-1")]
    [InlineData("3 arms", "rule-3-arms")]
    [InlineData("…", "rule")]
    public void NameFrom_AnyText_IsAName(string text, string name)
    {
        Assert.Equal(name, LearnedRuleFile.NameFrom(text));
        Assert.Null(LearnedRuleFile.WhyNoName(name));
        Assert.Null(LearnedRuleFile.WhyNoName(LearnedRuleFile.NameFrom(text + new string('-', 40) + new string('x', 100))));
    }

    // What the command trains is what the file says was trained; threads change no number.
    [Fact]
    public void ShippedRules_NameThePlanThatMakesThem()
    {
        foreach (var rule in ShippedRules.All)
        {
            var file = rule.Origin.Command["./lab train ".Length..];
            var problems = new List<Problem>();
            using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, file)));
            var run = Assert.Single(ExperimentPlan.Read(json.RootElement, problems)!.Runs);
            var (planned, trained) = (run.ToJson().AsObject(), JsonNode.Parse(rule.Origin.Configuration)!.AsObject());
            foreach (var configuration in new[] { planned, trained })
            {
                configuration.Remove("name");
                configuration["parameters"]!.AsObject().Remove("threads");
            }

            Assert.Empty(problems);
            Assert.Equal(rule.Origin.Seed, run.Seed);
            Assert.Equal(trained.ToJsonString(), planned.ToJsonString());
        }
    }

    [Fact]
    public void ShippedRules_CanBeReadAndHaveNamesOfTheirOwn()
    {
        Assert.Equal(ShippedRules.All.Count, ShippedRules.All.Select(rule => rule.Id).Distinct().Count());
        Assert.All(ShippedRules.All, rule => Assert.Same(rule, ShippedRules.Find(rule.Id)));
        Assert.Null(ShippedRules.Find("no-such-rule@1"));
    }
}
