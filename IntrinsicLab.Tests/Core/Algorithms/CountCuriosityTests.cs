using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Tests.Core.Algorithms;

public sealed class CountCuriosityTests
{
    private static readonly EnvironmentSpec Spec = new(new Box([2], -1, 1), new Discrete(2));

    // Two corners, and the action taken there.
    private static readonly float[] Seen = [1, 0, 1, 0, 1, 0, 0, 1];
    private static readonly float[] Done = [0, 0, 1, 0];

    [Theory]
    [InlineData(Counting.States, CountReward.InverseRoot, new[] { 3.0, 3, 3, 1 }, new[] { 0.577350269189626, 0.577350269189626, 0.577350269189626, 1 })]
    [InlineData(Counting.States, CountReward.Inverse, new[] { 3.0, 3, 3, 1 }, new[] { 0.25, 0.25, 0.25, 0.5 })]
    [InlineData(Counting.StateActions, CountReward.InverseRoot, new[] { 2.0, 2, 1, 1 }, new[] { 0.707106781186548, 0.707106781186548, 1, 1 })]
    public void Score_FirstBatch_CountsAllStepsBeforeAnyIsPaid(Counting counting, CountReward reward, double[] counts, double[] bonuses)
    {
        using var curiosity = new CountCuriosity(new() { Counting = counting, Reward = reward }, Spec, new Rng(1));

        var (scored, paid) = Score(curiosity);

        Assert.Equal(counts, scored);
        Assert.All(bonuses.Zip(paid), pair => Assert.Equal(pair.First, pair.Second, 14));
    }

    [Fact]
    public void Score_Ucb_IsTheIndexWithoutTheMean()
    {
        using var curiosity = new CountCuriosity(new() { Counting = Counting.StateActions, Reward = CountReward.Ucb }, Spec, new Rng(1));

        var (_, paid) = Score(curiosity);

        Assert.Equal(Math.Sqrt(2 * Math.Log(3) / 2), paid[0], 14);
        Assert.Equal(Math.Sqrt(2 * Math.Log(3)), paid[2], 14);
        Assert.Equal(0, paid[3]);
    }

    [Theory]
    [InlineData(Counting.States)]
    [InlineData(Counting.StateActions)]
    [InlineData(Counting.Simhash)]
    [InlineData(Counting.PseudoCounts)]
    public void Score_AfterLearning_PaysLessForTheSame_AndNothingChangesByScoring(Counting counting)
    {
        using var curiosity = new CountCuriosity(new() { Counting = counting }, Spec, new Rng(1));
        var first = Score(curiosity).Bonuses;
        Assert.Equal(first, Score(curiosity).Bonuses);

        Learn(curiosity);

        var second = Score(curiosity).Bonuses;
        Assert.All(first.Zip(second), pair => Assert.True(pair.Second < pair.First, $"{pair.First} fell to {pair.Second}."));
        Assert.Equal(2, curiosity.Places);
    }

    [Theory]
    [InlineData(Counting.StateActions)]
    [InlineData(Counting.Simhash)]
    [InlineData(Counting.PseudoCounts)]
    public void Bonus_OfOneStep_IsWhatScoringItPaysAndChangesNothing(Counting counting)
    {
        using var curiosity = new CountCuriosity(new() { Counting = counting }, Spec, new Rng(1));
        Assert.Equal(0, curiosity.Bonus([1, 0], [0]));
        Score(curiosity);
        Learn(curiosity);
        var before = Score(curiosity).Bonuses;
        var (scores, bonuses) = (new double[1], new double[1]);
        curiosity.Score(new Transitions([1, 0], [1], [1, 0], [true]), scores, bonuses);

        Assert.Equal(bonuses[0], curiosity.Bonus([1, 0], [1]));
        Assert.True(curiosity.Bonus([5, 5], [1]) > bonuses[0]);
        Assert.Equal(before, Score(curiosity).Bonuses);
    }

    [Fact]
    public void Score_PseudoCounts_PaysLessForEachRepetition()
    {
        using var curiosity = new CountCuriosity(new() { Counting = Counting.PseudoCounts }, Spec, new Rng(1));

        var (_, paid) = Score(curiosity);

        Assert.True(paid[0] > paid[1] && paid[1] > paid[2] && paid[3] > paid[2]);
    }

    [Fact]
    public void Score_SimHashWithConstant_SeesHowFarAStateIsFromTheMiddle()
    {
        // Along one direction: without the constant the sign of a linear map cannot tell near from far.
        var near = Enumerable.Range(1, 200).SelectMany(step => (float[])[step * 0.05f, step * 0.05f]).ToArray();
        Assert.True(Keys(constant: true) > 3);
        Assert.True(Keys(constant: false) <= 2);

        int Keys(bool constant)
        {
            using var curiosity = new CountCuriosity(new() { Counting = Counting.Simhash, HashConstant = constant }, Spec, new Rng(1));
            var (scores, bonuses) = (new double[200], new double[200]);
            curiosity.Score(new Transitions(near, new float[200], near, new bool[200]), scores, bonuses);
            return scores.Distinct().Count() == 1 ? 1 : scores.Zip(scores.Skip(1)).Count(pair => pair.First != pair.Second) + 1;
        }
    }

    [Theory]
    [InlineData(Counting.StateActions)]
    [InlineData(Counting.PseudoCounts)]
    public void Load_WhatWasSaved_PaysAlike(Counting counting)
    {
        using var curiosity = new CountCuriosity(new() { Counting = counting }, Spec, new Rng(1));
        Score(curiosity);
        Learn(curiosity);
        using var stream = new MemoryStream();
        using (var writer = new CheckpointWriter(stream))
            curiosity.Save(writer);
        using var loaded = new CountCuriosity(new() { Counting = counting }, Spec, new Rng(1));
        using (var reader = new CheckpointReader(new MemoryStream(stream.ToArray())))
            loaded.Load(reader);

        Assert.Equal(Score(curiosity).Bonuses, Score(loaded).Bonuses);
    }

    private static (double[] Scores, double[] Bonuses) Score(CountCuriosity curiosity)
    {
        var (scores, bonuses) = (new double[4], new double[4]);
        curiosity.Score(new Transitions(Seen, Done, Seen, [false, false, false, true]), scores, bonuses);
        return (scores, bonuses);
    }

    private static void Learn(CountCuriosity curiosity) => curiosity.Learn(new Transitions(Seen, Done, Seen, [false, false, false, true]));
}
