using System.Text.Json.Nodes;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Experiments;

/// <summary>What entries can expect beyond an order of two groups, and reduced forms with expectations of their own or none at all.</summary>
public class ReproductionFormsTests
{
    [Fact]
    public void Read_EveryKindOfExpectation_SaysItInPlainWords()
    {
        var figure = Read("""
            [{"better": "with PPO", "worse": "with A2C", "score": "early", "environment": "all"},
             {"better": "with PPO", "worse": "with A2C", "environment": "most", "atLeast": 3},
             {"better": "with PPO", "worse": "the best", "environment": "cartpole"},
             {"group": "with PPO", "above": 100, "seedShare": 0.5, "environment": "catch"},
             {"group": "with PPO", "series": "loss/value", "trend": "decreasing", "fromStep": 1000, "environment": "catch"}]
            """);

        Assert.Equal(
            [
                "with PPO better than with A2C in every environment, mean over the first fifth of training",
                "with PPO better than with A2C by at least 3 in most environments",
                "with PPO better than the best on cartpole",
                "with PPO: at least 50\u202f% of the seeds with a final score above 100 on catch",
                "with PPO: loss/value falls from step 1\u202f000 on catch",
            ],
            figure.Expectations(ReproductionScale.Full).Select(each => each.Sentence));
        Assert.Equal(["cartpole", "catch"], figure.Expectations(ReproductionScale.Full)[0].Environments);
    }

    [Fact]
    public void Expectations_OfMostEnvironments_WhereOneIsLeft_AreOfThatOne()
    {
        var figure = Read("""[{"better": "with PPO", "worse": "with A2C", "environment": "most"}]""", """{"environments": ["catch"], "steps": 512}""");

        var left = Assert.Single(figure.Expectations(ReproductionScale.Reduced));
        Assert.Equal(("catch", EnvironmentScope.Each, 0), (left.Environment, left.Scope, left.Environments.Count));
    }

    [Theory]
    [InlineData("""{"group": "with PPO", "above": 1, "seedShare": 1}""", "/0/seedShare", "between 0 and 1")]
    [InlineData("""{"group": "with PPO", "series": "loss/value"}""", "/0/trend", "A trend has both")]
    [InlineData("""{"group": "with PPO", "trend": "increasing"}""", "/0/series", "A trend has both")]
    [InlineData("""{"group": "with PPO", "series": "loss/value", "trend": "up"}""", "/0/trend", "Known: increasing, decreasing, none")]
    [InlineData("""{"group": "with PPO", "series": "loss/valeu", "trend": "none"}""", "/0/series", "Did you mean 'loss/value'?")]
    [InlineData("""{"group": "with PPO", "series": "meta/gradient_norm", "trend": "none"}""", "/0/series", "no metric of with PPO")]
    [InlineData("""{"group": "the best", "series": "loss/value", "trend": "none"}""", "/0/group", "not of the best of several")]
    [InlineData("""{"group": "with PPO", "series": "loss/value", "trend": "none", "fromStep": 9, "toStep": 9}""", "/0/toStep", "after 'fromStep'")]
    [InlineData("""{"group": "with PPO", "series": "loss/value", "trend": "increasing", "fromStep": 4096}""", "/0/fromStep", "end before")]
    [InlineData("""{"group": "with PPO", "series": "loss/value", "trend": "increasing", "toStep": 5000}""", "/0/toStep", "end before")]
    [InlineData("""{"group": "with PPO", "series": "loss/value", "trend": "increasing", "within": 0.3}""", "/0/within", "belongs to the trend 'none'")]
    [InlineData("""{"group": "with PPO", "series": "loss/value", "trend": "none", "within": 2}""", "/0/within", "between 0 and 1")]
    [InlineData("""{"group": "with PPO", "series": "loss/value", "trend": "none", "above": 2}""", "/0", "A trend has no 'above'")]
    [InlineData("""{"better": "with PPO", "worse": "with A2C", "series": "loss/value", "trend": "none"}""", "/0", "A trend is of one 'group'")]
    [InlineData("""{"group": "with PPO", "above": 2, "toStep": 7}""", "/0/toStep", "belongs to 'trend'")]
    [InlineData("""{"better": "with PPO", "worse": "the bset"}""", "/0/worse", "Did you mean 'the best'?")]
    public void Read_AFaultyExpectation_SaysWhere(string expected, string pointer, string words)
    {
        var problem = Assert.Single(Problems($"[{expected}]"));
        Assert.Equal($"/reproduction/expected{pointer}", problem.Pointer);
        Assert.Contains(words, problem.Message);
    }

    [Theory]
    [InlineData("""{"with PPO": {"bestOf": ["with A2C"]}}""", "/with PPO", "needs a name of its own")]
    [InlineData("""{"some": {"bestOf": ["with A2C", "with A3C"]}}""", "/some/bestOf/1", "Did you mean 'with A2C'?")]
    [InlineData("""{"some": {"of": ["with A2C"]}}""", "/some/bestOf", "required")]
    [InlineData("3", "", "an object")]
    public void Read_AFaultyFamily_SaysWhere(string families, string pointer, string words)
    {
        var problems = new List<Problem>();
        Assert.Null(Reproduction.Read(QuickFigure.Changed(plan => plan["reproduction"]!["families"] = JsonNode.Parse(families)), problems));
        Assert.Contains(problems, problem => problem.Pointer == $"/reproduction/families{pointer}" && problem.Message.Contains(words));
    }

    [Fact]
    public void Read_AReducedFormWithExpectationsOfItsOwn_UsesThem()
    {
        var figure = Read("""[{"better": "with PPO", "worse": "with A2C"}]""", """
            {"steps": 512, "arms": [{"name": "PPO anew", "algorithm": "ppo"}], "expected": [{"group": "PPO anew", "above": 7}], "deviations": "Smaller."}
            """);

        Assert.Equal(["PPO anew: final score above 7 on cartpole", "PPO anew: final score above 7 on catch"], figure.Expectations(ReproductionScale.Reduced).Select(each => each.Sentence));
        Assert.Equal(2, figure.Expectations(ReproductionScale.Full).Count);
        Assert.Equal(("It shows nothing.", "It shows nothing. Smaller."), (figure.DeviationsAt(ReproductionScale.Full), figure.DeviationsAt(ReproductionScale.Reduced)));
        Assert.DoesNotContain("expected", figure.ReducedJson);
        var problem = Assert.Single(Problems("[]", """{"expected": [{"group": "with TRPO", "above": 7}]}"""));
        Assert.Equal("/reproduction/reduced/expected/0/group", problem.Pointer);
    }

    [Fact]
    public void Read_AReducedFormTooShortForATrend_AsksForExpectationsOfItsOwn()
    {
        const string trend = """[{"group": "with PPO", "series": "loss/value", "trend": "none", "toStep": 3000}]""";

        var problem = Assert.Single(Problems(trend, """{"steps": 2048}"""));
        Assert.Equal("/reproduction/reduced", problem.Pointer);
        Assert.Contains("too short", problem.Message);
        Assert.Empty(Problems(trend, """{"steps": 2048, "expected": []}"""));
    }

    [Fact]
    public void Read_WithoutAReducedForm_HasOneScale()
    {
        var figure = QuickFigure.Read(plan =>
        {
            plan["reproduction"]!.AsObject().Remove("reduced");
            plan["reproduction"]!["minutes"] = JsonNode.Parse("""{"full": 1}""");
        });

        Assert.Equal([ReproductionScale.Full], figure.Scales);
        Assert.Empty(figure.ReducedRuns);
        Assert.Throws<InvalidOperationException>(() => figure.Plan(ReproductionScale.Reduced));
        var problems = new List<Problem>();
        Reproduction.Read(QuickFigure.Changed(plan => plan["reproduction"]!.AsObject().Remove("reduced")), problems);
        Assert.Equal("/reproduction/minutes/reduced", Assert.Single(problems).Pointer);
    }

    [Fact]
    public void Select_Words_StandForAnEntryOrForAllWithATag()
    {
        var (first, second, third) = (Tagged("one", "slow", "both"), Tagged("two", "both"), Tagged("both-not", "one"));
        var catalog = new ReproductionCatalog([first, second, third], []);

        Assert.Equal(["one", "two"], Chosen("both"));
        Assert.Equal(["two", "one"], Chosen("two", "both", "slow"));
        // An id before a tag of the same name.
        Assert.Equal(["one"], Chosen("one"));
        Assert.Equal(["both", "one", "slow"], catalog.Tags);
        Assert.Equal(["two"], catalog.Select(["bot", "two", "x"], out var unknown).Select(entry => entry.Id));
        Assert.Equal(["bot", "x"], unknown);

        IEnumerable<string> Chosen(params string[] words) => catalog.Select(words, out _).Select(entry => entry.Id);
    }

    [MujocoFact]
    public void Catalog_OfTheRepository_HasEveryFigureOfLirpgAndClnWithinAnHour()
    {
        var catalog = ReproductionCatalog.Read(Path.Combine(Repository.Root, "experiments"));
        var figures = catalog.Select(["lirpg", "cln"], out var unknown);

        Assert.Empty(unknown);
        Assert.Superset(
            new HashSet<string> { "cln-fig4", "cln-fig5", "cln-fig6", "lirpg-fig4", "lirpg-segway-delayed" }, figures.Select(figure => figure.Id).ToHashSet());
        Assert.InRange(figures.Where(figure => figure.Reduced is not null).Sum(figure => figure.ReducedMinutes), 1, 60);
        Assert.Equal(5, catalog.Find("cln-fig4")!.Expectations(ReproductionScale.Full)[0].Environments.Count);
        Assert.Equal(
            ["PPO-LIRPG better than PPO on hopper", "PPO-bonus better than PPO on hopper"],
            catalog.Find("lirpg-fig4")!.Expectations(ReproductionScale.Reduced).Select(each => each.Sentence));
    }

    private static Reproduction Tagged(string id, params string[] tags) => QuickFigure.Read(plan =>
    {
        plan["tags"] = new JsonArray([.. tags.Select(tag => (JsonNode)tag)]);
        plan["reproduction"]!["id"] = id;
    });

    private static Reproduction Read(string expected, string reduced = """{"steps": 2048}""") => QuickFigure.Read(plan => Change(plan, expected, reduced));

    private static List<Problem> Problems(string expected, string reduced = """{"seeds": 1}""")
    {
        var problems = new List<Problem>();
        Reproduction.Read(QuickFigure.Changed(plan => Change(plan, expected, reduced)), problems);
        return problems;
    }

    private static void Change(JsonObject plan, string expected, string reduced)
    {
        plan["environments"] = new JsonArray("cartpole", "catch");
        plan["reproduction"]!["families"] = JsonNode.Parse("""{"the best": {"bestOf": ["with A2C", "with PPO"]}}""");
        plan["reproduction"]!["expected"] = JsonNode.Parse(expected);
        plan["reproduction"]!["reduced"] = JsonNode.Parse(reduced);
    }
}
