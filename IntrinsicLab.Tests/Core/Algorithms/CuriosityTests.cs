using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Tests.Core.Algorithms;

/// <summary>Bonuses as an algorithm sees them: a small world is scored and learnt.</summary>
public class CuriosityTests
{
    private static readonly EnvironmentSpec Spec = new(new Box([2], -10, 10), new Box([1], -1, 1));

    private static readonly DynamicsSettings Quick = new() { Hidden = [16], MinimumPool = 50, Updates = 100, LearningRate = 1e-3, PoolSize = 5000 };

    /// <summary>Paths of ten steps: a point with friction and a push, begun somewhere in a square around a centre.</summary>
    private sealed record Steps(float[] Observations, float[] Actions, float[] Next, bool[] Ends)
    {
        public Transitions Transitions => new(Observations, Actions, Next, Ends);

        public static Steps Take(ulong seed, int count, double centre = 0, double noise = 0)
        {
            var rng = new Rng(seed);
            var (seen, done, next, ends) = (new float[count * 2], new float[count], new float[count * 2], new bool[count]);
            var (x, v) = (0.0, 0.0);
            for (var i = 0; i < count; i++)
            {
                if (i % 10 == 0)
                    (x, v) = (centre + rng.NextDouble(-1, 1), rng.NextDouble(-1, 1));
                var push = rng.NextDouble(-1, 1);
                (seen[2 * i], seen[2 * i + 1], done[i]) = ((float)x, (float)v, (float)push);
                v = 0.9 * v + 0.3 * push;
                x += 0.1 * v + noise * rng.NextGaussian();
                (next[2 * i], next[2 * i + 1]) = ((float)x, (float)v);
                ends[i] = i % 10 == 9 || i + 1 == count;
            }
            return new(seen, done, next, ends);
        }
    }

    private static DynamicsCuriosity Make(DynamicsSettings? settings = null, DynamicsBonus bonus = DynamicsBonus.InformationGain, ulong seed = 1) =>
        new(bonus, settings ?? Quick, new GainNormaliser(), Spec, new Rng(seed));

    private static (double[] Scores, double[] Bonuses) Score(ICuriosity curiosity, Steps steps)
    {
        var (scores, bonuses) = (new double[steps.Ends.Length], new double[steps.Ends.Length]);
        curiosity.Score(steps.Transitions, scores, bonuses);
        return (scores, bonuses);
    }

    [Fact]
    public void Score_BeforeAnythingWasLearnt_IsZeroAndLeavesTheNormaliserAlone()
    {
        using var curiosity = Make();
        var (scores, bonuses) = Score(curiosity, Steps.Take(2, 30));

        Assert.All(scores.Concat(bonuses), value => Assert.Equal(0, value));
        Assert.Equal(1, curiosity.Normaliser.Divisor);
        // Too little to train on.
        Assert.Equal(0, curiosity.Learn(Steps.Take(2, 30).Transitions).Updates);
        Assert.All(Score(curiosity, Steps.Take(3, 30)).Bonuses, value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(GainKind.Taylor)]
    [InlineData(GainKind.ExactNatural)]
    [InlineData(GainKind.ExactAdam)]
    [InlineData(GainKind.ExactPlain)]
    public void Score_AnyKind_LeavesBeliefAndTrainingAsTheyWouldBeWithoutIt(GainKind kind)
    {
        var settings = Quick with { Gain = kind, Updates = 20 };
        using var scored = Make(settings);
        using var undisturbed = Make(settings);
        var steps = Steps.Take(2, 60);
        scored.Learn(steps.Transitions);
        undisturbed.Learn(steps.Transitions);
        var before = scored.Model.Belief.ToArray();

        var (scores, bonuses) = Score(scored, Steps.Take(3, 70));

        Assert.Equal(before, scored.Model.Belief.ToArray());
        Assert.All(scores, score => Assert.InRange(score, 0, 1000));
        Assert.True(scores.Distinct().Count() > 60);
        var median = (bonuses.Order().ElementAt(34) + bonuses.Order().ElementAt(35)) / 2;
        Assert.Equal(1, median, 1e-12);
        scored.Learn(Steps.Take(4, 40).Transitions);
        undisturbed.Learn(Steps.Take(4, 40).Transitions);
        Assert.Equal(undisturbed.Model.Belief.ToArray(), scored.Model.Belief.ToArray());
    }

    [Fact]
    public void Score_AsReleasedByAdam_AdvancesTheTrainingsMoments()
    {
        var settings = Quick with { Gain = GainKind.ExactAdam, Updates = 20, AsReleased = true };
        using var curiosity = Make(settings);
        curiosity.Learn(Steps.Take(2, 60).Transitions);

        Score(curiosity, Steps.Take(3, 7));

        Assert.Equal(20 + 7 * 5, curiosity.Model.Steps);
    }

    [Fact]
    public void Score_OtherStepLengthOrFactor_GivesTheSameBonuses()
    {
        double[] Bonuses(DynamicsSettings settings)
        {
            using var curiosity = Make(settings);
            curiosity.Learn(Steps.Take(2, 100).Transitions);
            return Score(curiosity, Steps.Take(3, 50)).Bonuses;
        }

        var bonuses = Bonuses(Quick);
        foreach (var other in new[] { Quick with { GainStep = 0.1 }, Quick with { HalfFactor = true } })
            foreach (var (expected, found) in bonuses.Zip(Bonuses(other)))
                Assert.Equal(expected, found, 1e-12 * expected);
    }

    [Fact]
    public void Score_ExactNaturalStep_IsHalfTheReleasedExpansion()
    {
        double[] Scores(GainKind kind)
        {
            using var curiosity = Make(Quick with { Gain = kind, GainStep = 1e-3 });
            curiosity.Learn(Steps.Take(2, 100).Transitions);
            return Score(curiosity, Steps.Take(3, 50)).Scores;
        }

        foreach (var (taylor, exact) in Scores(GainKind.Taylor).Zip(Scores(GainKind.ExactNatural)))
            Assert.Equal(0.5 * taylor, exact, 1e-3 * taylor);
    }

    [Theory]
    [InlineData(DynamicsBonus.InformationGain)]
    [InlineData(DynamicsBonus.PredictionError)]
    public void Score_FarOutsideThePool_IsHigherThanInside(DynamicsBonus bonus)
    {
        using var curiosity = Make(Quick with { Updates = 1500 }, bonus);
        var fit = curiosity.Learn(Steps.Take(2, 400).Transitions);

        var inside = Score(curiosity, Steps.Take(3, 100)).Scores.Average();
        var outside = Score(curiosity, Steps.Take(3, 100, centre: 6)).Scores.Average();

        Assert.True(fit.ErrorAfter < 0.3 * fit.ErrorBefore, $"{fit}");
        Assert.True(outside > 10 * inside, $"{outside} outside, {inside} inside");
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void Score_PredictionError_IsThatOfTheMeansOnNumbersNormalisedByThePool(bool change, bool normaliseActions)
    {
        var settings = Quick with { PredictChange = change, NormaliseActions = normaliseActions };
        using var curiosity = Make(settings, DynamicsBonus.PredictionError);
        curiosity.Learn(Steps.Take(2, 100).Transitions);
        var steps = Steps.Take(3, 40);
        var (scores, _) = Score(curiosity, steps);

        var (pool, means) = (curiosity.Model.Pool, curiosity.Model.Network.Means);
        var pass = new MlpPass(means, 1);
        for (var row = 0; row < 40; row++)
        {
            double Centred(float[] values, int i) => (values[2 * row + i] - pool.ObservationMean[i]) / (pool.ObservationDeviation[i] + 1e-8);
            var action = normaliseActions ? (steps.Actions[row] - pool.ActionMean[0]) / (pool.ActionDeviation[0] + 1e-8) : steps.Actions[row];
            pass.Forward(
                curiosity.Model.Belief[..means.ParameterCount],
                [(float)Centred(steps.Observations, 0), (float)Centred(steps.Observations, 1), (float)action], 1);
            var error = 0.0;
            for (var i = 0; i < 2; i++)
                error += Math.Pow(pass.Outputs[i] - Centred(steps.Next, i) + (change ? Centred(steps.Observations, i) : 0), 2);
            Assert.Equal(error, scores[row], 1e-4 * error + 1e-6);
        }
    }

    [Fact]
    public void Learn_OneTransitionAgainAndAgain_LowersItsGain()
    {
        // Each step is a path; every other one is the same.
        var (random, repeated) = (Steps.Take(5, 400), Steps.Take(6, 1));
        for (var i = 0; i < 400; i += 2)
        {
            repeated.Observations.CopyTo(random.Observations, 2 * i);
            repeated.Actions.CopyTo(random.Actions, i);
            repeated.Next.CopyTo(random.Next, 2 * i);
        }
        Array.Fill(random.Ends, true);
        float[] Many(float[] values) => [.. Enumerable.Repeat(values, 100).SelectMany(all => all)];
        var same = new Steps(Many(repeated.Observations), Many(repeated.Actions), Many(repeated.Next), [.. Enumerable.Repeat(true, 100)]);

        var lower = 0;
        for (ulong seed = 1; seed <= 5; seed++)
        {
            using var curiosity = Make(Quick with { Updates = 20 }, seed: seed);
            curiosity.Learn(random.Transitions);
            var before = Score(curiosity, same).Scores.Average();
            for (var round = 0; round < 40; round++)
                curiosity.Model.Train();
            lower += Score(curiosity, same).Scores.Average() < before ? 1 : 0;
        }

        Assert.True(lower >= 4, $"Lower in {lower} of 5.");
    }

    [Fact]
    public void Score_ComponentThatHardlyMoves_IsNotBlownUp()
    {
        var steps = Steps.Take(2, 200);
        for (var i = 0; i < 200; i++)
            (steps.Observations[2 * i + 1], steps.Next[2 * i + 1]) = (1f, 1f);
        var drifted = steps with { Next = [.. steps.Next.Select((value, i) => i % 2 == 1 ? value + 1e-6f : value)] };
        // Full rings: one that is not counts a row of zeros in as released, which is a deviation of its own.
        using var curiosity = Make(Quick with { PoolSize = 150 });
        using var released = Make(Quick with { PoolSize = 150, AsReleased = true });
        curiosity.Learn(steps.Transitions);
        released.Learn(steps.Transitions);

        Assert.InRange(Score(curiosity, drifted).Scores.Average() / Score(curiosity, steps).Scores.Average(), 0.5, 2);
        // Without a floor the drift is a hundred deviations.
        Assert.True(Score(released, drifted).Scores.Average() > 20 * Score(released, steps).Scores.Average());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Load_AfterSomeIterations_GoesOnBitForBit(int which)
    {
        ICuriosity Fresh(ulong seed) => which switch
        {
            0 => Make(Quick with { Updates = 20 }, seed: seed),
            1 => Make(Quick with { Updates = 20 }, DynamicsBonus.PredictionError, seed),
            2 => Make(Quick with { Updates = 20, Gain = GainKind.ExactAdam }, seed: seed),
            _ => new RandomNetworkCuriosity(new() { TargetHidden = [8], PredictorHidden = [8], Features = 4 }, Spec, new Rng(1)),
        };
        using var first = Fresh(1);
        using var second = Fresh(which == 3 ? 1 : 2UL);
        for (ulong seed = 1; seed < 3; seed++)
        {
            Score(first, Steps.Take(seed, 60));
            first.Learn(Steps.Take(seed, 60).Transitions);
        }
        using var stream = new MemoryStream();
        using (var writer = new CheckpointWriter(stream))
            first.Save(writer);
        stream.Position = 0;
        using (var reader = new CheckpointReader(stream))
            second.Load(reader);

        for (ulong seed = 5; seed < 7; seed++)
        {
            var (expected, found) = (Score(first, Steps.Take(seed, 60)), Score(second, Steps.Take(seed, 60)));
            Assert.Equal(expected.Scores, found.Scores);
            Assert.Equal(expected.Bonuses, found.Bonuses);
            Assert.Equal(first.Learn(Steps.Take(seed, 60).Transitions), second.Learn(Steps.Take(seed, 60).Transitions));
        }
    }

    [Fact]
    public void Learn_DiscreteActions_TellsThemApart()
    {
        // The action alone decides where the second component goes, and not in the order of its index.
        var spec = new EnvironmentSpec(new Box([2], -10, 10), new Discrete(3));
        var steps = Steps.Take(2, 600);
        var goes = new[] { 1f, -1f, 0.5f };
        for (var i = 0; i < 600; i++)
            (steps.Actions[i], steps.Next[2 * i + 1]) = (i % 3, goes[i % 3]);
        Array.Fill(steps.Ends, true);
        using var curiosity = new DynamicsCuriosity(
            DynamicsBonus.PredictionError, Quick with { Updates = 4000, LearningRate = 3e-3, LikelihoodDeviation = 1, Batches = 0 }, new GainNormaliser(), spec,
            new Rng(1));

        var fit = curiosity.Learn(steps.Transitions);

        Assert.True(fit.ErrorAfter < 0.1, $"{fit}");
    }

    [Fact]
    public void RandomNetwork_VisitedAndNew_TellsThemApartAndHoldsItsUnit()
    {
        using var curiosity = new RandomNetworkCuriosity(
            new() { TargetHidden = [16], PredictorHidden = [32], Features = 8, LearningRate = 1e-3, Epochs = 20 }, Spec, new Rng(4));
        // Both regions are in the moments; only one of them is learnt.
        Score(curiosity, Steps.Take(1, 200, centre: -1));
        Score(curiosity, Steps.Take(2, 200, centre: 3));
        var fit = curiosity.Learn(Steps.Take(1, 400, centre: -1).Transitions);

        var (visited, _) = Score(curiosity, Steps.Take(7, 100, centre: -1));
        var (fresh, bonuses) = Score(curiosity, Steps.Take(7, 100, centre: 3));

        Assert.Equal(20 * 7, fit.Updates);
        Assert.True(fit.ErrorAfter < 0.1 * fit.ErrorBefore, $"{fit}");
        Assert.True(fresh.Average() > 5 * visited.Average(), $"{fresh.Average()} new, {visited.Average()} visited");
        // One positive divisor for the whole rollout.
        Assert.All(fresh.Zip(bonuses), pair => Assert.Equal(fresh[0] / bonuses[0], pair.First / pair.Second, 1e-9 * fresh[0] / bonuses[0]));
    }

    [Fact]
    public void RandomNetwork_ScoringTwice_LearnsNothing()
    {
        using var curiosity = new RandomNetworkCuriosity(new(), Spec, new Rng(4));
        var steps = Steps.Take(1, 50);
        var first = Score(curiosity, steps).Scores;

        // The moments take the same numbers in twice, which moves them by their initial count alone.
        foreach (var (expected, found) in first.Zip(Score(curiosity, steps).Scores))
            Assert.Equal(expected, found, 1e-3 * expected);
    }
}
