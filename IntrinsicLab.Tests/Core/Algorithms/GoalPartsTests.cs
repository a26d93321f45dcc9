using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Navigation;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class GoalPartsTests
{
    private static EnvironmentFactory Field(PointNavigationConfig? config = null) =>
        EnvironmentCatalog.Factory(EnvironmentCatalog.Find("point-navigation")!, config ?? new());

    [Theory]
    [InlineData(GoalRelabelling.Step, new[] { 1, 2, 3, 4, 5, 6, 7, 8, 8, 8 })]
    [InlineData(GoalRelabelling.Last, new[] { 8, 8, 8, 8, 8, 8, 8, 8, 8, 8 })]
    [InlineData(GoalRelabelling.Any, new[] { 3, 3, 3, 3, 3, 3, 3, 3, 3, 3 })]
    [InlineData(GoalRelabelling.Waypoints, new[] { 4, 4, 4, 4, 4, 8, 8, 8, 8, 8 })]
    public void StateOf_APathOfEightSteps_IsTheKinds(GoalRelabelling kind, int[] expected) =>
        Assert.Equal(expected, Enumerable.Range(0, 10).Select(step => Relabelling.StateOf(kind, step, length: 8, limit: 10, any: 3, waypoints: 2)));

    [Fact]
    public void World_AnEpisode_EndsWithItsLastStateAndBeginsAnew()
    {
        using var world = new GoalWorld(Field(), new Rng(1), 0);
        world.Begin();
        var first = world.State.ToArray();
        while (!world.Ended)
            world.Step([1f, 0.5f]);

        Assert.Equal((20, 20L, false), (world.Length, world.Steps, world.Terminated));
        Assert.Equal(1f, world.State[0]);
        Assert.Equal(first[1] + 1, world.State[1], 1e-5);
        Assert.True(world.Achieved.SequenceEqual(world.State));
        world.Begin();
        Assert.True(Math.Abs(world.State[0]) <= 0.02f && !world.Ended && world.Length == 0);
    }

    [Fact]
    public void World_BrokenOff_BeginsAnewToo()
    {
        using var world = new GoalWorld(Field(), new Rng(1), 3);
        for (var episode = 0; episode < 2; episode++)
        {
            world.Begin();
            while (!world.Ended)
                world.Step([1f, 0f]);
            Assert.Equal((3, 0.3f), (world.Length, MathF.Round(world.State[0], 1)));
        }
        Assert.Equal(6, world.Steps);
    }

    private static readonly GoalTrial.Acting Straight = (states, goals, _, actions) =>
    {
        for (var i = 0; i < actions.Length; i++)
            actions[i] = Math.Clamp((goals[i] - states[i]) / 0.1f, -1, 1);
    };

    [Fact]
    public void Trial_OfAPolicyThatGoesStraight_ReachesAllInTheOpenAndNotBehindTheShelf()
    {
        using var open = new GoalTrial(Field(), 50, new Rng(3), 0);
        using var shelf = new GoalTrial(Field(new() { Map = FieldMap.Shelf }), 50, new Rng(3), 0);

        var reached = open.Play(Straight);
        var stuck = shelf.Play(Straight);

        Assert.True(reached is { Distance: < 1e-5, Success: 1, Nearest: < 1e-5 });
        Assert.True(stuck.Success < 0.95 && shelf.DistanceOf(shelf.IsHard) > 0.3, $"{stuck} {shelf.DistanceOf(shelf.IsHard)}");
        Assert.True(double.IsNaN(open.DistanceOf(open.IsHard)));
    }

    [Fact]
    public void Trial_OfAPolicyThatStays_HasTheWholeWayLeftAndRepeats()
    {
        using var trial = new GoalTrial(Field(), 50, new Rng(3), 0);
        GoalTrial.Acting stay = (_, _, _, actions) => actions.Clear();

        var scores = trial.Play(stay);
        trial.Play(Straight);

        Assert.Equal((1.0, 1.0, 1.0), (Math.Round(scores.Distance, 12), Math.Round(scores.Nearest, 12), Math.Round(scores.Tracking, 12)));
        Assert.Equal(scores, trial.Play(stay));
    }

    [Fact]
    public void Trial_OfGivenGoals_FollowsThemStepByStep()
    {
        using var trial = new GoalTrial(Field(), 2, new Rng(3), 0);
        // Two goals that walk to the right, 0.05 a step.
        var given = new float[20 * 2 * 2];
        for (var at = 0; at < given.Length; at += 2)
            given[at] = 0.05f * (at / 4 + 1);

        var scores = trial.Play(Straight, given);

        Assert.True(scores is { Distance: < 1e-5, Tracking: < 0.02 }, $"{scores}");
    }

    [Fact]
    public void Trial_OfPictures_MeasuresPlaces()
    {
        using var trial = new GoalTrial(Field(new() { Goal = PointGoal.Image }), 20, new Rng(3), 0);

        var scores = trial.Play((_, _, _, actions) => actions.Clear());

        Assert.Equal(1, scores.Distance, 1e-6);
        Assert.True(trial.WholeWay.ToArray().Average() is > 0.5 and < 1.1);
    }

    [Fact]
    public void Embedding_Gradient_IsThatOfFiniteDifferences()
    {
        using var embedding = new GoalEmbedding(2, [8], 1e-3, 4, new Rng(1));
        var rng = new Rng(2);
        float[] goals = [.. Enumerable.Range(0, 32 * (2 + GoalEmbedding.Decoys) * 2).Select(_ => (float)rng.NextGaussian())];
        var (gradient, scratch) = (new float[embedding.Parameters.Length], new float[embedding.Parameters.Length]);
        embedding.Gradient(goals, gradient);
        const float Step = 1e-3f;

        for (var index = 0; index < gradient.Length; index += 3)
        {
            var kept = embedding.Parameters[index];
            embedding.Parameters[index] = kept + Step;
            var above = embedding.Gradient(goals, scratch);
            embedding.Parameters[index] = kept - Step;
            var below = embedding.Gradient(goals, scratch);
            embedding.Parameters[index] = kept;

            Assert.Equal((above - below) / (2 * Step), gradient[index], 0.01 + 0.02 * Math.Abs(gradient[index]));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Model_OfSkillsThatMoveApart_PaysThemAllThatTheyCanTell(bool ofStep)
    {
        using var model = new SkillModel(ofStep, 2, 2, [16], 0.01, 64, new Rng(1));
        var rng = new Rng(2);
        var (seen, next, skills, rewards) = (new float[128], new float[128], new float[64], new float[64]);
        var error = 0.0;
        for (var step = 0; step < 400; step++)
        {
            for (var row = 0; row < 64; row++)
            {
                skills[row] = rng.NextInt(2);
                (seen[2 * row], seen[2 * row + 1]) = ((float)rng.NextDouble(-0.1, 0.1), (float)rng.NextDouble(-0.1, 0.1));
                (next[2 * row], next[2 * row + 1]) = (seen[2 * row] + (skills[row] == 0 ? 1 : -1), seen[2 * row + 1]);
            }
            error = model.Learn(seen, next, skills);
        }
        model.Rewards(seen, next, skills, rewards);

        // Two deviations apart: log 2 − log(1 + e⁻²).
        Assert.True(error < 0.6, $"{error}");
        Assert.All(rewards, reward => Assert.Equal(Math.Log(2) - Math.Log(1 + Math.Exp(-2)), reward, 0.12));
    }
}
