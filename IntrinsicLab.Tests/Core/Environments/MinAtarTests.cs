using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.MinAtar;

namespace IntrinsicLab.Tests.Core.Environments;

public class MinAtarTests
{
    private static readonly string[] Games = ["asterix", "breakout", "freeway", "seaquest", "space-invaders"];

    public static TheoryData<string> All => [.. Games];

    [Theory]
    [InlineData(ActionSet.Minimal, 2)]
    [InlineData(ActionSet.Full, 3)]
    public void Step_RightInEitherSet_MovesThePaddle(ActionSet set, int right)
    {
        using var game = new Breakout(new() { StickyActions = 0, Actions = set });
        var observation = new float[400];
        game.Reset(new Rng(1), observation);

        game.Step([right], observation);

        Assert.Equal(1, observation[(9 * 10 + 5) * 4]);
        Assert.Equal([[1f], [right]], game.Spec.Keyboard!.Keys.Select(key => key.Action));
        Assert.Equal("Right", ((Discrete)game.Spec.Action).Names[right]);
    }

    [Fact]
    public void Spec_PublishedSets_HaveTheirActions()
    {
        var counts = Games.Select(id => ((Discrete)EnvironmentCatalog.Factory(EnvironmentCatalog.Find(id)!).Spec.Action).Count);

        Assert.Equal([5, 3, 3, 6, 4], counts);
    }

    [Fact]
    public void Reset_AfterAnAction_LeavesItInTheStickyJoystick()
    {
        using var free = new Breakout(new() { StickyActions = 0 });
        using var stuck = new Breakout(new() { StickyActions = 1 });
        var observation = new float[400];
        free.Reset(new Rng(1), observation);
        free.Step([2], observation);
        using var state = new MemoryStream();
        free.Save(new BinaryWriter(state));
        state.Position = 0;

        stuck.Load(new BinaryReader(state), new Rng(2));
        stuck.Reset(new Rng(3), observation);
        stuck.Step([0], observation);

        // The paddle starts in column 4 and goes right, as the joystick did before the reset.
        Assert.Equal(1, observation[(9 * 10 + 5) * 4]);
    }

    [Fact]
    public void Episode_OfFreeway_Takes2501Steps()
    {
        using var game = new Freeway(new());
        var observation = new float[700];
        game.Reset(new Rng(1), observation);
        var (steps, score) = (0, 0.0);

        StepResult result;
        do
        {
            result = game.Step([1], observation);
            score += result.Reward;
            steps++;
        }
        while (!result.Ended);

        Assert.Equal(2501, steps);
        Assert.True(result is { Terminated: true, Truncated: false });
        Assert.InRange(score, 1, game.Spec.ScoreRange!.Value.High);
    }

    [Fact]
    public void Spec_WithoutStickyActions_OnlySpaceInvadersIsDeterministic()
    {
        using var invaders = new SpaceInvaders(new() { StickyActions = 0 });
        using var breakout = new Breakout(new() { StickyActions = 0 });

        Assert.True(invaders.Spec.Deterministic);
        Assert.False(breakout.Spec.Deterministic);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Step_OfAnyGame_AllocatesNothing(string id)
    {
        using var game = EnvironmentCatalog.Factory(EnvironmentCatalog.Find(id)!).Create();
        var (rng, actions) = (new Rng(1), new Rng(2));
        var (observation, action) = (new float[game.Spec.Observation.Size], new float[1]);
        Play(2_000);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Play(20_000);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Play(int steps)
        {
            game.Reset(rng, observation);
            for (var step = 0; step < steps; step++)
            {
                game.Spec.Action.Sample(actions, action);
                if (game.Step(action, observation).Ended)
                    game.Reset(rng, observation);
            }
        }
    }

    [Fact]
    public void Render_InSeaquest_TellsOxygenAndDivers()
    {
        using var game = new Seaquest(new() { StickyActions = 0 });
        var observation = new float[1000];
        game.Reset(new Rng(1), observation);
        game.Step([4], observation);

        var scene = game.Render();

        Assert.Equal("Oxygen 199 of 200, divers 0 of 6", scene.Caption);
        var front = Assert.Single(scene.Shapes, shape => shape is { Kind: "cells", Tone: "agent", Opacity: 1 });
        Assert.Equal([5.0, 8.0], front.Points);
    }
}
