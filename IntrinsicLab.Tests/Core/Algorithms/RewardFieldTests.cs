using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Tests.Contracts;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class RewardFieldTests
{
    private static readonly RewardField Square = new(-1, -1, 1, 1);

    private static float[] Paid(Func<float, float, double> pay) =>
        [.. Enumerable.Range(0, Square.Count).Select(place => (float)pay(Square.Places[2 * place], Square.Places[2 * place + 1]))];

    [Fact]
    public void Places_OfASquare_AreATenthApartFromEdgeToEdge()
    {
        Assert.Equal(441, Square.Count);
        Assert.Equal((-1f, -1f, 1f, 1f), (Square.Places[0], Square.Places[1], Square.Places[^2], Square.Places[^1]));
        Assert.Equal((-0.9f, -1f), (Square.Places[2], Square.Places[3]));
        Assert.Equal((-1f, -0.9f), (Square.Places[42], Square.Places[43]));
    }

    [Theory]
    [InlineData(0.3, -0.2)]
    [InlineData(1.0, 1.0)]
    public void Agreement_OfWhatRisesTowardsThePoint_IsOneWhateverItsShape(double x, double y)
    {
        // Places of the grid are at whole tenths, and as far away as each other where these are.
        double Way(float fromX, float fromY) => Math.Round(Math.Sqrt(Math.Pow(Math.Round(fromX, 1) - x, 2) + Math.Pow(Math.Round(fromY, 1) - y, 2)), 6);

        Assert.Equal(1, Square.Agreement(Paid((atX, atY) => Math.Exp(-3 * Way(atX, atY))), x, y), 12);
        Assert.Equal(-1, Square.Agreement(Paid(Way), x, y), 12);
    }

    // Against an independent implementation in Python: midranks of whole numbers (squared distances in twentieths), then Pearson's correlation.
    [Theory]
    [InlineData(0.5, 0.25, 0.724455025279809)]
    [InlineData(-1.0, 0.0, -0.9440359970167548)]
    public void Agreement_OfASlope_IsTheOracles(double x, double y, double expected) =>
        Assert.Equal(expected, Square.Agreement(Paid((atX, _) => Math.Round(atX * 10)), x, y), 9);

    [Fact]
    public void Agreement_WhereEveryPlaceIsPaidAlike_IsZero() => Assert.Equal(0, Square.Agreement(new float[441], 0.5, 0.5));

    [Fact]
    public void Agreement_OfPlacesWithoutAWay_LeavesThemOut()
    {
        var paid = Paid((x, _) => x > 0 ? 100 : x);

        Assert.Equal(1, Square.Agreement(paid, (x, _) => x > 0 ? double.PositiveInfinity : -x), 12);
    }

    [Fact]
    public void Agreement_OfOneRewardTooFew_IsRefused() => Assert.Throws<ArgumentException>(() => Square.Agreement(new float[440], 0, 0));

    private static string[] Fields(string algorithm, string parameters, string environment = "point-navigation", string environmentParameters = "{}")
    {
        using var trainer = new Trainer(AlgorithmContractTests.Plan(algorithm, environment, 1, parameters, environmentParameters));
        return [.. trainer.Update().Points.Where(point => point.Metric.StartsWith("field/", StringComparison.Ordinal)).Select(point => point.Metric)];
    }

    [Fact]
    public void Update_WhereStatesArePlaces_ReportsTheField_AndOnlyThere()
    {
        Assert.Equal(["field/distance"], Fields("gpim", "{}"));
        Assert.Equal(["field/distance", "field/round"], Fields("gpim", "{}", environmentParameters: """{"map": "shelf"}"""));
        Assert.Equal(["field/distance"], Fields("gpim", """{"prior": "uniform2d"}""", environmentParameters: """{"goal": "image"}"""));
        Assert.Equal(["field/distance"], Fields("diayn", """{"skillCount": 4}"""));
        Assert.Equal(["field/distance"], Fields("goal-sac", """{"reward": "discern"}"""));
        // There a distance is what is paid, or somebody else than the discriminator pays, or nothing is a place.
        Assert.Empty(Fields("goal-sac", "{}"));
        Assert.Empty(Fields("diayn", """{"skillCount": 4, "objective": "dads"}"""));
        Assert.Empty(Fields("diayn", """{"skillCount": 4}""", "pendulum"));
        Assert.Empty(Fields("gpim", """{"skillCount": 4}""", "grid-rooms"));
    }

    [Fact]
    public void RewardsOfEach_AreThoseOfEverySkillByItself()
    {
        using var discriminator = new Discriminator(new DiscriminatorSettings { Skills = 3, Hidden = [8] }, 2, new Rng(1));
        float[] states = [0.1f, -0.4f, 0.8f, 0.2f], each = new float[6], one = new float[2];

        discriminator.RewardsOfEach(states, [0, 1, 2], each);

        for (var skill = 0; skill < 3; skill++)
        {
            discriminator.Rewards(states, [skill, skill], one);
            Assert.Equal(one, each[(2 * skill)..(2 * skill + 2)]);
        }
    }

    [Fact]
    public void RewardsTo_OfManyStates_AreThoseOfEachWithTheGoal()
    {
        using var embedding = new GoalEmbedding(2, [8], 1e-3, 4, new Rng(1));
        var (each, one) = (new float[10], new float[4]);
        var states = Square.Places[..20];

        embedding.RewardsTo(states, [0.5f, 0.5f], each);

        for (var state = 0; state < 10; state++)
        {
            embedding.Rewards(states.AsSpan(2 * state, 2).ToArray().Concat(new float[6]).ToArray(), [0.5f, 0.5f, 0, 0, 0, 0, 0, 0], one);
            Assert.Equal(one[0], each[state]);
        }
    }
}
