using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.GridWorlds;
using IntrinsicLab.Core.Environments.Wrappers;

namespace IntrinsicLab.Tests.Core.Environments;

public class TabularBatchTests
{
    private const int Environments = 5;

    public static TheoryData<GridConfiguration, GridActionSet, GridStart> Grids
    {
        get
        {
            var grids = new TheoryData<GridConfiguration, GridActionSet, GridStart>();
            foreach (var configuration in Enum.GetValues<GridConfiguration>())
                foreach (var actions in Enum.GetValues<GridActionSet>())
                    grids.Add(configuration, actions, actions == GridActionSet.FiveMoves ? GridStart.Fixed : GridStart.Random);
            return grids;
        }
    }

    [Theory]
    [MemberData(nameof(Grids))]
    public void Step_Grid_EqualsTheSingleEnvironment(GridConfiguration configuration, GridActionSet actions, GridStart start)
    {
        var level = GridLevel.Draw(configuration, actions, new Rng(4), start);
        Compare(level, () => new TimeLimit(new GridTabular(level, GridObservation.Compact), level.TimeLimit!.Value));
    }

    [Theory]
    [InlineData(ChainConfiguration.Short)]
    [InlineData(ChainConfiguration.ShortNoisy)]
    [InlineData(ChainConfiguration.Long)]
    [InlineData(ChainConfiguration.LongNoisy)]
    [InlineData(ChainConfiguration.StateDistraction)]
    public void Step_Chain_EqualsTheSingleEnvironment(ChainConfiguration configuration)
    {
        var level = ChainLevel.Draw(configuration, new Rng(4));
        Compare(level, () => new DelayedChain(level));
    }

    [Fact]
    public void Lifetimes_HeldTogetherOrAlone_AreEqual()
    {
        var together = Mixed(lifetimes: 4);
        var alone = new TabularBatch(1, Environments, new Rng(9));
        alone.Begin(0, 2, together.Level(2));
        var rng = new Rng(1);

        for (var step = 0; step < 300; step++)
        {
            var actions = Actions(together, rng);
            var (all, one) = (Step(together, actions), Step(alone, actions[(2 * Environments)..(3 * Environments)]));
            Assert.Equal(all.Next[(2 * Environments)..(3 * Environments)], one.Next);
            Assert.Equal(all.Rewards[(2 * Environments)..(3 * Environments)], one.Rewards);
            Assert.Equal(all.Ends[(2 * Environments)..(3 * Environments)], one.Ends);
        }
        Assert.Equal(together.TakeEpisodes(2), alone.TakeEpisodes(0));
    }

    [Fact]
    public void Begin_NextLifetime_LeavesTheOthersAlone()
    {
        var (changed, same) = (Mixed(lifetimes: 3), Mixed(lifetimes: 3));
        var rng = new Rng(1);
        var actions = Actions(same, rng);
        Step(changed, actions);
        Step(same, actions);
        changed.Begin(1, 17, new ChainLevel(6, rightAction: 1));

        actions = Actions(same, rng).Select(action => (byte)(action % 2)).ToArray();
        var (others, all) = (Step(changed, actions), Step(same, actions));
        Assert.Equal(all.Next[..Environments], others.Next[..Environments]);
        Assert.Equal(all.Next[(2 * Environments)..], others.Next[(2 * Environments)..]);
        Assert.Equal(17, changed.Ordinal(1));
        Assert.All(changed.States(1).ToArray(), state => Assert.InRange(state, 1, 2));
    }

    [Fact]
    public void TakeEpisodes_OfAShortChain_CountsAndSums()
    {
        var batch = new TabularBatch(1, Environments, new Rng(9));
        batch.Begin(0, 0, new ChainLevel(4, rightAction: 1));
        for (var step = 0; step < 9; step++)
            Step(batch, [1, 1, 0, 0, 0]);

        Assert.Equal((2 * Environments, 2 * (2 - 3)), batch.TakeEpisodes(0));
        Assert.Equal((0, 0), batch.TakeEpisodes(0));
    }

    [Fact]
    public void Rollout_RowsInAnyOrder_RecordsTimeMajor()
    {
        const int lifetimes = 3, steps = 40;
        var (batch, same) = (Mixed(lifetimes), Mixed(lifetimes));
        var rollout = new TabularRollout(steps, lifetimes, Environments);
        for (var lifetime = lifetimes - 1; lifetime >= 0; lifetime--)
            for (var step = 0; step < steps; step++)
            {
                rollout.ActionsOf(step, lifetime).Fill((byte)(step % 2));
                rollout.Step(batch, lifetime, step, lifetime);
            }

        for (var step = 0; step < steps; step++)
        {
            var row = (step * lifetimes * Environments)..((step + 1) * lifetimes * Environments);
            Assert.Equal(same.AllStates.ToArray(), rollout.States[row]);
            var (next, rewards, ends) = Step(same, rollout.Actions[row]);
            Assert.Equal(next, rollout.NextStates[row]);
            Assert.Equal(rewards, rollout.Rewards[row]);
            Assert.Equal(ends, rollout.Ends[row]);
        }
    }

    [Fact]
    public void Load_OfSavedBatch_ContinuesBitForBit()
    {
        var (saved, loaded) = (Mixed(lifetimes: 5), new TabularBatch(5, Environments, new Rng(9)));
        var rng = new Rng(1);
        for (var step = 0; step < 77; step++)
            Step(saved, Actions(saved, rng));
        using var stream = new MemoryStream();
        saved.Save(new BinaryWriter(stream));
        stream.Position = 0;
        loaded.Load(new BinaryReader(stream));

        Assert.Equal(stream.Length, stream.Position);
        for (var step = 0; step < 300; step++)
        {
            var actions = Actions(saved, rng);
            var (one, other) = (Step(saved, actions), Step(loaded, actions));
            Assert.Equal(one.Next, other.Next);
            Assert.Equal(one.Rewards, other.Rewards);
            Assert.Equal(one.Ends, other.Ends);
        }
        for (var lifetime = 0; lifetime < 5; lifetime++)
            Assert.Equal((saved.Ordinal(lifetime), saved.TakeEpisodes(lifetime)), (loaded.Ordinal(lifetime), loaded.TakeEpisodes(lifetime)));
    }

    [Fact]
    public void Load_OfAnotherExtent_IsRefused()
    {
        using var stream = new MemoryStream();
        Mixed(lifetimes: 2).Save(new BinaryWriter(stream));
        stream.Position = 0;

        Assert.Throws<InvalidDataException>(() => new TabularBatch(3, Environments, new Rng(9)).Load(new BinaryReader(stream)));
    }

    [Fact]
    public void Step_WhatCannotBe_IsRefused()
    {
        var batch = new TabularBatch(2, Environments, new Rng(9));
        batch.Begin(0, 0, new ChainLevel(4, rightAction: 1));
        var (next, rewards, ends) = (new int[Environments], new float[Environments], new StepEnd[Environments]);

        Assert.Throws<InvalidOperationException>(() => batch.Step(1, new byte[Environments], next, rewards, ends));
        Assert.Throws<ArgumentException>(() => batch.Step(0, new byte[Environments - 1], next, rewards, ends));
        Assert.Throws<ArgumentException>(() => batch.Step(0, [0, 1, 2, 0, 0], next, rewards, ends));
    }

    [Fact]
    public void Step_ManyTimes_AllocatesNothing()
    {
        var batch = Mixed(lifetimes: 4);
        var count = 4 * Environments;
        var (actions, next, rewards, ends) = (new byte[count], new int[count], new float[count], new StepEnd[count]);
        for (var step = 0; step < 300; step++)
            batch.Step(actions, next, rewards, ends);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var step = 0; step < 300; step++)
            batch.Step(actions, next, rewards, ends);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    // Plays every copy against a single environment that draws from the same stream, through many episodes.
    private static void Compare(ITabularLevel level, Func<IEnvironment> create)
    {
        var steps = Math.Max(1500, 2 * (level.TimeLimit ?? 0));
        var batch = new TabularBatch(1, Environments, new Rng(9));
        batch.Begin(0, 3, level);
        var singles = Enumerable.Range(0, Environments).Select(_ => create()).ToArray();
        var streams = Enumerable.Range(0, Environments).Select(copy => batch.Stream(3).Split("environment", copy)).ToArray();
        var observation = new float[singles[0].Spec.Observation.Size];
        for (var copy = 0; copy < Environments; copy++)
            singles[copy].Reset(streams[copy], observation);
        var (rng, actions) = (new Rng(5), new byte[Environments]);
        var (next, rewards, ends) = (new int[Environments], new float[Environments], new StepEnd[Environments]);
        for (var step = 0; step < steps; step++)
        {
            foreach (ref var action in actions.AsSpan())
                action = (byte)rng.NextInt(level.Actions);
            batch.Step(0, actions, next, rewards, ends);
            for (var copy = 0; copy < Environments; copy++)
            {
                var result = singles[copy].Step([actions[copy]], observation);
                Assert.Equal(StateOf(level, observation, next[copy]), next[copy]);
                Assert.Equal((float)result.Reward, rewards[copy]);
                Assert.Equal(result.Terminated, ends[copy].HasFlag(StepEnd.Terminated));
                Assert.Equal(result.Truncated, ends[copy].HasFlag(StepEnd.Truncated));
                if (result.Ended)
                    singles[copy].Reset(streams[copy], observation);
                Assert.Equal(StateOf(level, observation, batch.States(0)[copy]), batch.States(0)[copy]);
            }
        }
    }

    // The state that an observation shows. A distracted chain shows too little of it: there the expected one is taken where it agrees.
    private static int StateOf(ITabularLevel level, float[] observation, int expected)
    {
        if (level is GridLevel grid)
        {
            var row = (int)Math.Round(observation[0] * (grid.Map.Rows - 1));
            var column = (int)Math.Round(observation[1] * (grid.Map.Columns - 1));
            var mask = Enumerable.Range(0, grid.Objects.Count).Sum(index => (int)observation[2 + index] << index);
            return grid.StateOf(row * grid.Map.Columns + column, mask);
        }
        if (level is not ChainLevel { Distracted: true } chain)
            return Array.IndexOf(observation, 1f);
        var right = expected >= chain.States / 2 ? 1 : 0;
        var local = expected - right * chain.States / 2;
        return observation[0] == right && observation[1] == local % 2 ? expected : -1;
    }

    private static TabularBatch Mixed(int lifetimes)
    {
        var batch = new TabularBatch(lifetimes, Environments, new Rng(9));
        for (var lifetime = 0; lifetime < lifetimes; lifetime++)
        {
            var draws = batch.Stream(lifetime).Split("level");
            batch.Begin(lifetime, lifetime, (lifetime % 4) switch
            {
                0 => GridLevel.Draw(GridConfiguration.SmallDense, GridActionSet.NineMoves, draws),
                1 => ChainLevel.Draw(ChainConfiguration.ShortNoisy, draws),
                2 => GridLevel.Draw(GridConfiguration.RandomLevelSmall, GridActionSet.FiveMoves, draws, GridStart.Fixed),
                _ => GridLevel.Draw(GridConfiguration.Sparse, GridActionSet.NineMovesAndCollect, draws),
            });
        }
        return batch;
    }

    private static byte[] Actions(TabularBatch batch, Rng rng) =>
        [.. batch.AllStates.ToArray().Select((_, index) => (byte)rng.NextInt(batch.Level(index / Environments).Actions))];

    private static (int[] Next, float[] Rewards, StepEnd[] Ends) Step(TabularBatch batch, byte[] actions)
    {
        var (next, rewards, ends) = (new int[actions.Length], new float[actions.Length], new StepEnd[actions.Length]);
        batch.Step(actions, next, rewards, ends);
        return (next, rewards, ends);
    }
}
