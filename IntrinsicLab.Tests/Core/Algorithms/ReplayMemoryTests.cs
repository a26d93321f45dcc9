using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Tests.Core.Algorithms;

/// <summary>
/// A memory filled with steps that say who they are: in environment b, step t shows (b, t), does action t mod 3, pays as told, and its episode ends
/// where told.
/// </summary>
public class ReplayMemoryTests
{
    private const int Environments = 2, Length = 40, Steps = 4;

    private static readonly RecurrentNetwork Network = new(new ActorCriticShape([2], 3, false) { Hidden = [4] }, 5);

    private static ReplayMemory Filled(int steps, Func<int, int, bool> ended, Func<int, int, float> reward, float scale = 1)
    {
        var memory = new ReplayMemory(Network, Environments, Length, actionSize: 1, cells: 1);
        for (var t = 0; t < steps; t++)
        {
            float[] rewards = [reward(t, 0), reward(t, 1)];
            memory.Add(
                [0, scale * t, 1, scale * t], [t % 3, t % 3], rewards, [rewards[0] + 100, rewards[1] + 100], [Math.Clamp(rewards[0], -1, 1), Math.Clamp(rewards[1], -1, 1)],
                [ended(t, 0), ended(t, 1)], [t + 0.25f, t + 0.75f]);
        }
        return memory;
    }

    private static ReplaySequence Sequence() => new(Network, Steps, Environments, actionSize: 1, cells: 1);

    [Fact]
    public void Holds_OneBeforeAndOneAfter_AreNeeded()
    {
        Assert.False(Filled(Steps + 1, (_, _) => false, (_, _) => 0).Holds(Steps));
        Assert.True(Filled(Steps + 2, (_, _) => false, (_, _) => 0).Holds(Steps));
    }

    [Theory]
    [InlineData(Steps + 2)]
    [InlineData(23)]
    [InlineData(Length)]
    [InlineData(2 * Length + 17)]
    public void Draw_AnyTime_IsAPieceOfWhatHappened(int filled)
    {
        static bool Ended(int t, int b) => t % 7 == 3 + b;
        static float Reward(int t, int b) => t % 5 - 2 + b;
        var memory = Filled(filled, Ended, Reward);
        var (rng, sequence, firsts) = (new Rng(1), Sequence(), new HashSet<int>());

        for (var trial = 0; trial < 400; trial++)
        {
            memory.Draw(rng, sequence);
            for (var b = 0; b < Environments; b++)
            {
                var first = (int)sequence.Observations[b * 2 + 1];
                firsts.Add(first);
                for (var row = 0; row <= Steps; row++)
                {
                    var (t, at) = (first + row, row * Environments + b);
                    Assert.Equal([b, t], sequence.Observations.AsSpan(at * 2, 2));
                    // An episode begins after the step that ended the last one, and nothing of that one is fed back.
                    Assert.Equal(Ended(t - 1, b), sequence.Starts[at]);
                    float[] feedback = [0, 0, 0, Math.Clamp(Reward(t - 1, b), -1, 1)];
                    feedback[(t - 1) % 3] = 1;
                    Assert.Equal(Ended(t - 1, b) ? new float[4] : feedback, sequence.Feedback[(at * 4)..(at * 4 + 4)]);
                    if (row == Steps)
                        continue;
                    Assert.Equal(Ended(t, b), sequence.Ended[at]);
                    Assert.Equal((t % 3, Reward(t, b) + 100, t + 0.25f + 0.5f * b), (sequence.Actions[at], sequence.Rewards[at], sequence.Changes[at]));
                }
            }
        }

        // Every place from the second oldest step on is drawn, and none before or beyond.
        var oldest = Math.Max(0, filled - Length);
        Assert.Equal(Enumerable.Range(oldest + 1, filled - oldest - 1 - Steps), firsts.Order());
    }

    [Fact]
    public void DrawTriples_OfRareRewards_TakesHalfFromEachKindAndNeverCrossesEpisodes()
    {
        // One step in ten pays, one in twenty costs; the first steps of an episode have no two before them.
        static bool Ended(int t, int b) => t % 6 == 5 - b;
        static float Reward(int t, int b) => t % 20 == 7 + b ? 0.5f : t % 20 == 14 + b ? -2 : 0;
        var memory = Filled(3 * Length + 11, Ended, Reward);
        var (rng, triples, classes, counts) = (new Rng(2), new float[8 * 6], new int[8], new int[3]);

        for (var trial = 0; trial < 500; trial++)
        {
            Assert.True(memory.DrawTriples(rng, triples, classes));
            for (var i = 0; i < classes.Length; i++)
            {
                var (b, t) = ((int)triples[i * 6 + 4], (int)triples[i * 6 + 5]);
                Assert.Equal([b, t - 2, b, t - 1, b, t], triples.AsSpan(i * 6, 6));
                Assert.False(Ended(t - 1, b) || Ended(t - 2, b), "The triple crosses episodes.");
                Assert.Equal(Reward(t, b) switch { > 0 => 1, < 0 => 2, _ => 0 }, classes[i]);
                counts[classes[i]]++;
            }
        }

        // 4,000 draws: three standard deviations of a fair coin are 0.024.
        Assert.InRange(counts[0] / 4000.0, 0.476, 0.524);
        Assert.True(counts[1] > 0 && counts[2] > 0, "A class was never drawn.");
    }

    [Fact]
    public void DrawTriples_OneKindIsMissing_TakesTheOther()
    {
        var classes = new int[4];

        Assert.True(Filled(Length, (_, _) => false, (_, _) => 0).DrawTriples(new Rng(1), new float[24], classes));
        Assert.Equal([0, 0, 0, 0], classes);
        Assert.True(Filled(Length, (_, _) => false, (_, _) => 3).DrawTriples(new Rng(1), new float[24], classes));
        Assert.Equal([1, 1, 1, 1], classes);
        Assert.False(Filled(Length, (_, _) => true, (_, _) => 3).DrawTriples(new Rng(1), new float[24], classes));
        Assert.False(Filled(2, (_, _) => false, (_, _) => 3).DrawTriples(new Rng(1), new float[24], classes));
    }

    [Theory]
    [InlineData(10, 1f)]
    [InlineData(100, 1f)]
    [InlineData(100, 0.3f)]
    public void Load_WhatWasSaved_DrawsTheSame(int filled, float scale)
    {
        var memory = Filled(filled, (t, _) => t % 9 == 0, (t, _) => t % 4, scale);
        var loaded = new ReplayMemory(Network, Environments, Length, actionSize: 1, cells: 1);
        using var stream = new MemoryStream();
        using (var writer = new CheckpointWriter(stream))
            memory.Save(writer);
        stream.Position = 0;
        loaded.Load(new CheckpointReader(stream));
        var (one, other) = (Sequence(), Sequence());

        memory.Draw(new Rng(3), one);
        loaded.Draw(new Rng(3), other);

        Assert.Equal(one.Observations, other.Observations);
        Assert.Equal(one.Feedback, other.Feedback);
        Assert.Equal(one.Rewards, other.Rewards);
        Assert.Equal(one.Ended, other.Ended);
    }

    [Theory]
    [InlineData(0f, 1f)]
    [InlineData(255f, 0.5f)]
    [InlineData(-1f, 3f)]
    [InlineData(256f, 1e30f)]
    public void ObservationStore_AnyValues_GivesThemBack(float first, float second)
    {
        var store = new ObservationStore(3, 2);
        var read = new float[2];

        store.Write(0, [7, 200]);
        store.Write(1, [first, second, second, first]);

        foreach (var (row, expected) in new float[][] { [7, 200], [first, second], [second, first] }.Index())
        {
            store.Read(row, read);
            Assert.Equal(expected, read);
        }
    }
}
