using System.Text.Json.Nodes;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Search;

namespace IntrinsicLab.Tests.Core.Search;

public sealed class SweepTests
{
    private static readonly SearchSpace Plane = new([Dimension.Range("x", -5, 10), Dimension.Range("y", 0, 15)]);

    [Fact]
    public void Next_Grid_TriesEveryCombinationOnceInOrder()
    {
        var space = new SearchSpace(
            [Dimension.Of("a", [JsonValue.Create("p"), JsonValue.Create("q")]), Dimension.Range("b", 1, 3, whole: true)],
            Accepts: values => values[0].ToString() != "q" || values[1].ToString() != "2");
        var state = Play(new(space, new() { Method = SearchMethod.Grid, Parallel = 2 }, 10, [1]), (_, _, _) => 0);

        Assert.Equal(["\"p\"|1", "\"p\"|2", "\"p\"|3", "\"q\"|1", "\"q\"|3"], state.Trials.Select(trial => SearchSpace.KeyOf(trial.Values)));
        Assert.True(state.Finished);
    }

    [Theory]
    [InlineData(SearchMethod.Random)]
    [InlineData(SearchMethod.Tpe)]
    [InlineData(SearchMethod.Asha)]
    public void Next_SmallSpace_RepeatsNoConfigurationAndEndsWithTheSpace(SearchMethod method)
    {
        var space = new SearchSpace(
            [Dimension.Range("a", 1, 4, whole: true), Dimension.Range("b", 0.1, 10, DimensionScale.Log, count: 5)], [JsonValue.Create(2), JsonValue.Create(0.7)]);
        var state = Play(new(space, new() { Method = method, Trials = 40, FirstRung = 30 }, 90, [1]), (trial, _, _) => -Math.Abs(trial.Number - 7));

        // The default lies outside the space.
        Assert.Equal(21, state.Trials.Count);
        Assert.Equal(21, state.Trials.Select(trial => SearchSpace.KeyOf(trial.Values)).Distinct().Count());
        Assert.Equal("2|0.7", SearchSpace.KeyOf(state.Trials[0].Values));
        Assert.True(double.IsNaN(state.Trials[0].Coordinates[1]));
    }

    [Theory]
    [InlineData(SearchMethod.Random)]
    [InlineData(SearchMethod.Tpe)]
    [InlineData(SearchMethod.Asha)]
    public void Next_WhateverFinishesFirst_IssuesTheSameJobs(SearchMethod method)
    {
        var task = new SearchTask(Plane, new() { Method = method, Trials = 27, Parallel = 5, FirstRung = 10, DefaultFirst = false, RacingMost = 5 }, 90, [1, 2, 3]);
        var expected = Describe(Play(task, Noisy));
        for (var order = 0; order < 4; order++)
        {
            // Real workers: many or few, each taking any job that is there, and answering when it pleases.
            var rng = new Rng((ulong)order);
            var known = new Dictionary<(int, int, int), SeedScore>();
            SweepState state;
            while (!(state = Sweep.Next(task, (trial, rung, seed) => known.GetValueOrDefault((trial, rung, seed)))).Finished)
            {
                var open = state.Jobs.SelectMany(job => job.Seeds, (job, seed) => (job.Trial, job.Rung, Seed: seed)).Where(run => !known.ContainsKey(run)).ToList();
                Assert.NotEmpty(open);
                foreach (var (trial, rung, seed) in open.Where(_ => rng.NextInt(1 + order) == 0).DefaultIfEmpty(open[rng.NextInt(open.Count)]).ToList())
                    known[(trial, rung, seed)] = new(seed, Noisy(state.Trials[trial], rung, seed));
            }
            Assert.Equal(expected, Describe(state));
        }

        static double Noisy(SweepTrial trial, int rung, int seed) =>
            -Branin(trial) + 3 * new Rng((ulong)seed).Split($"{trial.Number}/{rung}").NextGaussian();
    }

    [Fact]
    public void Next_ResultsOfLaterJobsKnown_DecidesWithoutThem()
    {
        // The same worker count, but trial 1's result is there long before trial 0's: nothing may follow from it.
        var task = new SearchTask(Plane, new() { Method = SearchMethod.Random, Trials = 10, Parallel = 3, DefaultFirst = false }, 10, [1]);
        var without = Sweep.Next(task, (_, _, _) => null);
        var with = Sweep.Next(task, (trial, _, seed) => trial == 0 ? null : new(seed, 1));

        Assert.Equal([0, 1, 2], without.Jobs.Select(job => job.Trial));
        Assert.Equal(without.Jobs.Select(job => job.Trial), with.Jobs.Select(job => job.Trial));
        Assert.Equal([1, 2, 3], Sweep.Next(task, (trial, _, seed) => trial == 0 ? new(seed, 1) : null).Jobs.Select(job => job.Trial));
    }

    [Fact]
    public void Next_Asha_PromotesTheBestOfEachRungByTheirAggregate()
    {
        var task = new SearchTask(Plane, new() { Method = SearchMethod.Asha, Trials = 27, Parallel = 4, FirstRung = 10, DefaultFirst = false }, 90, [1, 2]);
        Assert.Equal([10, 30, 90], task.Rungs);
        // Seed 1 alone would say the opposite of the mean.
        var state = Play(task, Score);
        static double Score(SweepTrial trial, int rung, int seed) => seed == 1 ? -trial.Number : 3 * trial.Number + Math.Sin(trial.Number);

        for (var rung = 0; rung < 2; rung++)
        {
            var there = state.Trials.Where(trial => trial.Results.Count > rung).OrderByDescending(trial => trial.Results[rung].Score).ToList();
            var wentOn = there.Where(trial => trial.Rung > rung).ToList();
            Assert.Equal(there.Take(there.Count / 3).Order(ByNumber), wentOn.Intersect(there.Take(there.Count / 3)).Order(ByNumber));
            Assert.All(there.Except(wentOn), trial => Assert.Equal(TrialStanding.Dropped, trial.Standing));
        }
        Assert.Equal(26, state.Best(SearchGoal.Maximise)!.Number);
        Assert.Contains("not among the best 9 at rung 1 of 3", state.Trials.First(trial => trial is { Rung: 0 }).Reason);
    }

    [Fact]
    public void Next_AshaBestTrialsFirst_PromotesExactlyOneInEta()
    {
        // Sorted like this no early promotion is regretted later.
        var task = new SearchTask(Plane, new() { Method = SearchMethod.Asha, Trials = 27, Parallel = 1, FirstRung = 10, DefaultFirst = false }, 90, [1]);
        var state = Play(task, (trial, _, _) => -trial.Number);

        Assert.Equal([27, 9, 3], Enumerable.Range(0, 3).Select(rung => state.Trials.Count(trial => trial.Results.Count > rung)));
        Assert.Equal([0, 1, 2], state.Trials.Where(trial => trial.Standing == TrialStanding.Finished).Select(trial => trial.Number));
        Assert.Equal((27 * 10 + 9 * 20 + 3 * 60, 27 * 90), task.Cost());
    }

    [Fact]
    public void Next_AFailedSeed_CountsAsTheWorstResult()
    {
        var task = new SearchTask(Plane, new() { Method = SearchMethod.Asha, Trials = 9, Parallel = 3, FirstRung = 10, DefaultFirst = false }, 30, [1, 2]);
        var state = Sweep.Next(task, (trial, _, seed) => trial == 4 && seed == 2 ? new(seed, null, "it diverged") : new(seed, trial == 4 ? 1000 : trial));

        Assert.Equal(TrialStanding.Failed, state.Trials[4].Standing);
        Assert.Equal("it diverged", state.Trials[4].Reason);
        Assert.Equal(0, state.Trials[4].Rung);
        Assert.Equal(8, state.Best(SearchGoal.Maximise)!.Number);
    }

    [Fact]
    public void Next_Race_GivesSeedsToTheBestAndItsRivalsUntilTheySeparate()
    {
        var task = new SearchTask(Plane, new() { Method = SearchMethod.Random, Trials = 6, DefaultFirst = false, RacingMost = 12, RacingRivals = 2 }, 10, [1, 2]);
        // Two are close, the rest far behind; the deviation is 1.
        var state = Play(task, (trial, _, seed) => (trial.Number switch { 0 => 10, 1 => 8.5, _ => 0 }) + new Rng((ulong)seed).Split($"{trial.Number}").NextGaussian());

        Assert.True(state.Finished);
        Assert.Equal(0, state.Best(SearchGoal.Maximise)!.Number);
        Assert.InRange(state.Trials[0].Seeds.Count, 3, 12);
        Assert.Equal(Enumerable.Range(1, state.Trials[0].Seeds.Count), state.Trials[0].Seeds);
        Assert.All(state.Trials.Skip(2), trial => Assert.InRange(trial.Seeds.Count, 2, 4));
    }

    [Fact]
    public void Next_Tpe_BeatsRandomSearchOnASmoothFunction()
    {
        // Branin's function, least value 0.398; 50 trials each, 20 seeds of the search. The claim is about the mean best and most seeds, not every one.
        double[] Best(SearchMethod method) => [.. Enumerable.Range(1, 20).Select(seed => Play(
            new(Plane, new() { Method = method, Trials = 50, Seed = seed, Parallel = 4, Goal = SearchGoal.Minimise, DefaultFirst = false }, 1, [1]),
            (trial, _, _) => Branin(trial)).Trials.Min(trial => trial.Last!.Score!.Value))];
        var (tpe, random) = (Best(SearchMethod.Tpe), Best(SearchMethod.Random));

        Assert.True(tpe.Average() < 0.75 * random.Average(), $"means of the best: {tpe.Average():0.000} and {random.Average():0.000}");
        Assert.True(tpe.Zip(random).Count(pair => pair.First < pair.Second) >= 12, $"{tpe.Zip(random).Count(pair => pair.First < pair.Second)} of 20");
    }

    [Fact]
    public void Rungs_AreTheBudgetDividedByPowersOfEta()
    {
        Assert.Equal([11_112, 33_334, 100_000], SuccessiveHalving.Rungs(100_000, 10_000, 3));
        Assert.Equal([100], SuccessiveHalving.Rungs(100, 60, 3));
        Assert.Equal([1, 2, 4], SuccessiveHalving.Rungs(4, 1, 2));
    }

    private static readonly Comparer<SweepTrial> ByNumber = Comparer<SweepTrial>.Create((left, right) => left.Number.CompareTo(right.Number));

    private static SweepState Play(SearchTask task, Func<SweepTrial, int, int, double> score)
    {
        // Trials are known only once they are issued.
        var known = new Dictionary<(int, int, int), SeedScore>();
        while (true)
        {
            var state = Sweep.Next(task, (trial, rung, seed) => known.GetValueOrDefault((trial, rung, seed)));
            if (state.Finished)
                return state;
            foreach (var job in state.Jobs)
                foreach (var seed in job.Seeds)
                    known[(job.Trial, job.Rung, seed)] = new(seed, score(state.Trials[job.Trial], job.Rung, seed));
        }
    }

    private static string Describe(SweepState state) => string.Join('\n', state.Trials.Select(trial =>
        $"{trial.Number} {SearchSpace.KeyOf(trial.Values)} {trial.Rung} {trial.Standing} {string.Join(',', trial.Seeds)} {string.Join(' ', trial.Results.Select(result => result.Score))}"));

    private static double Branin(SweepTrial trial)
    {
        var (x, y) = (trial.Coordinates[0], trial.Coordinates[1]);
        var a = y - 5.1 / (4 * Math.PI * Math.PI) * x * x + 5 / Math.PI * x - 6;
        return a * a + 10 * (1 - 1 / (8 * Math.PI)) * Math.Cos(x) + 10;
    }
}
