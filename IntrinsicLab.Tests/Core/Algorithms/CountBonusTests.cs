using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Tests.Contracts;
using TorchSharp;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class CountBonusTests
{
    private static TrainingSetup Setup(string environment, WrapperConfig? wrappers = null) => new(
        (AlgorithmContractTests.Plan("count-bonus", environment) with { Wrappers = wrappers ?? new() }).CreateEnvironments(), 100_000, new Rng(1), torch.CPU);

    private static double Last(Progress progress, string metric) => progress.Points.Last(point => point.Metric == metric).Value;

    [Theory]
    [InlineData("pendulum")]
    [InlineData("cartpole")]
    public void Update_WithoutABonus_IsTrpoBitForBit(string environment)
    {
        using var trpo = new Trpo(new TrpoConfig { StepsPerBatch = 500, SubsampleFactor = 0.5 }, Setup(environment));
        using var counting = new CountBonus(
            new CountBonusConfig { Optimizer = PolicyOptimizer.Trpo, Beta = 0, ClipRewards = false, StepsPerBatch = 500, SubsampleFactor = 0.5 }, Setup(environment));

        for (var update = 0; update < 3; update++)
        {
            var expected = trpo.Update().Points;
            var metrics = expected.Select(point => point.Metric).ToHashSet();

            Assert.Equal(
                expected.OrderBy(point => point.Metric).ThenBy(point => point.Step),
                counting.Update().Points.Where(point => metrics.Contains(point.Metric)).OrderBy(point => point.Metric).ThenBy(point => point.Step));
        }
        Assert.True(trpo.Parameters.SequenceEqual(counting.Parameters));
    }

    [Fact]
    public void Update_FirstBatch_PaysEveryStepByTheVisitsOfItsCell()
    {
        using var counting = new CountBonus(new CountBonusConfig { Beta = 0.1, StepsPerBatch = 200, Baseline = BaselineKind.Network }, Setup("deep-sea"));

        var progress = counting.Update();

        // n steps in a cell are paid 1/√n each.
        var visits = Values(counting, "visits").Where(double.IsFinite).ToList();
        var paid = visits.Sum(Math.Sqrt);
        Assert.Equal(200, visits.Sum());
        Assert.Equal(paid / 200, Last(progress, "exploration/bonus_mean"), 12);
        Assert.Equal(visits.Count, Last(progress, "exploration/places"));
        Assert.Equal(visits.Count, Last(progress, "exploration/new_places"));
        Assert.Equal(paid, progress.Points.Where(point => point.Metric == Metrics.IntrinsicReturn).Sum(point => point.Value), 9);
        Assert.Equal(
            progress.Points.Where(point => point.Metric == Metrics.EpisodeReturn).Select(point => point.Step),
            progress.Points.Where(point => point.Metric == Metrics.IntrinsicReturn).Select(point => point.Step));
        Assert.InRange(Last(progress, "exploration/bonus_share"), 0.9, 0.999999);
        Assert.Equal(1, Values(counting, "bonus-map").Where(double.IsFinite).Max());

        var second = counting.Update();

        Assert.Equal(400, Values(counting, "visits").Where(double.IsFinite).Sum());
        Assert.Equal(Last(progress, "exploration/places") + Last(second, "exploration/new_places"), Last(second, "exploration/places"));
    }

    [Fact]
    public void Update_ClippedRewards_LearnsAlikeFromOneAndAHundred()
    {
        double[] Learned(double scale, bool clip)
        {
            using var counting = new CountBonus(
                new CountBonusConfig { ClipRewards = clip, StepsPerBatch = 300 }, Setup("cartpole", new WrapperConfig { RewardScale = scale }));
            return [Last(counting.Update(), Metrics.ValueLoss), Last(counting.Update(), Metrics.ValueLoss)];
        }

        Assert.Equal(Learned(1, clip: true), Learned(100, clip: true));
        Assert.NotEqual(Learned(1, clip: false), Learned(100, clip: false));
    }

    [Fact]
    public void Update_RewardsBeyondAllNumbers_StopsTheRun()
    {
        using var counting = new CountBonus(
            new CountBonusConfig { ClipRewards = false, StepsPerBatch = 200 }, Setup("cartpole", new WrapperConfig { RewardScale = 1e300 }));

        Assert.True(Assert.Throws<DivergedException>(() => counting.Update()).Step >= 200);
    }

    [Theory]
    [InlineData("mountain-car-x", """{"optimizer": "trpo", "stepsPerBatch": 300, "wholePaths": false}""")]
    [InlineData("acrobot", """{"counting": "state-actions", "reward": "ucb", "stepsPerBatch": 300, "wholePaths": false}""")]
    [InlineData("pendulum", """{"counting": "state-actions", "stepsPerBatch": 300}""")]
    [InlineData("deep-sea", """{"counting": "pseudo-counts", "stepsPerBatch": 95, "wholePaths": false, "baseline": "linear"}""")]
    public void Load_OtherSettings_ContinuesBitForBitWithEqualFigures(string environment, string parameters)
    {
        var plan = AlgorithmContractTests.Plan("count-bonus", environment, parameters: parameters);
        using var uninterrupted = new Trainer(plan);
        using var resumed = new Trainer(plan);
        uninterrupted.Update();
        using var saved = new MemoryStream();
        uninterrupted.Save(saved);
        saved.Position = 0;
        resumed.Load(saved);

        for (var update = 0; update < 3; update++)
            Assert.Equal(uninterrupted.Update().Points, resumed.Update().Points);
        Assert.Equal(uninterrupted.Figures()!.ToJson(), resumed.Figures()!.ToJson());
    }

    [Theory]
    [InlineData("four-rooms", "visits", "bonus-map", "coverage")]
    [InlineData("key-door", "visits", "visits-2", "bonus-map", "bonus-map-2", "coverage")]
    [InlineData("mountain-car-x", "visits", "bonus-map", "coverage")]
    [InlineData("pendulum", "visits", "bonus-map", "coverage")]
    public void Figures_OfAWorld_ShowWhereItWasAndWhatItPays(string environment, params string[] ids)
    {
        using var counting = new CountBonus(new CountBonusConfig { StepsPerBatch = 400, Baseline = BaselineKind.Network }, Setup(environment));
        var steps = counting.Update().Steps;

        Assert.Equal(ids, counting.Figures().Select(figure => figure.Id).TakeWhile(id => id is not ("actions" or "values")));
        Assert.InRange(Values(counting, "visits").Where(double.IsFinite).Sum(), 1, steps);
        Assert.All(Values(counting, "bonus-map").Where(double.IsFinite), value => Assert.InRange(value, 0, 1));
    }

    [Theory]
    [InlineData("mountain-car-x", Counting.Simhash, 5000)]
    [InlineData("cartpole", Counting.States, 1024)]
    [InlineData("deep-sea", Counting.States, 500)]
    public void Defaults_DependOnTheTask(string environment, Counting counting, int steps)
    {
        var config = (CountBonusConfig)AlgorithmContractTests.Plan("count-bonus", environment).Parameters;

        Assert.Equal((counting, steps), (config.Counting, config.StepsPerBatch));
    }

    [Theory]
    [InlineData(Counting.States, CountReward.Ucb, "reward")]
    [InlineData(Counting.Simhash, CountReward.Ucb, "reward")]
    [InlineData(Counting.PseudoCounts, CountReward.Ucb, "reward")]
    [InlineData(Counting.PseudoCounts, CountReward.Inverse, "reward")]
    [InlineData(Counting.StateActions, CountReward.Ucb)]
    [InlineData(Counting.PseudoCounts, CountReward.InverseRoot)]
    public void CrossCheck_RewardsOfACounting_SaysWhichItCannotPay(Counting counting, CountReward reward, params string[] members)
    {
        var entry = AlgorithmCatalog.Find("count-bonus")!;

        Assert.Equal(
            members,
            entry.CrossCheck(new CountBonusConfig { Counting = counting, Reward = reward }, Setup("cartpole").Environments.Spec).Select(each => each.Member));
    }

    private static IEnumerable<double> Values(CountBonus counting, string id)
    {
        var figure = counting.Figures().OfType<HeatFigure>().Single(each => each.Id == id);
        Assert.True(figure.Logarithmic);
        return figure.Values;
    }
}
