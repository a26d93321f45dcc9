using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Navigation;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class GoalAgentTests
{
    private const int Rows = 4;

    private static readonly SoftActorCriticSettings Small = new() { Hidden = [8], BatchSize = Rows };

    private static EnvironmentSpec Field(PointGoal goal) =>
        EnvironmentCatalog.Factory(EnvironmentCatalog.Find("point-navigation")!, new PointNavigationConfig { Goal = goal }).Spec;

    [Theory]
    [InlineData(PointGoal.Image, 10)]
    [InlineData(PointGoal.Fixed, 1)]
    public void InputScale_OfPicturesAndPlaces_IsTheRootOfThePixelsAndOne(PointGoal goal, float expected) =>
        Assert.Equal(expected, Field(goal).Goal!.InputScale);

    // A power of two, so that both ways round alike.
    [Fact]
    public void Act_GoalsScaledByTheAgentOrBefore_AreToldAlikeBeforeAndAfterLearning()
    {
        const float Scale = 8;
        using var scales = new GoalAgent(Field(PointGoal.Fixed), 2, Scale, 1, 2, 2, Small, 100, new Rng(1));
        using var told = new GoalAgent(Field(PointGoal.Fixed), 2, 1, 1, 2, 2, Small, 100, new Rng(1));
        var unscaled = new float[2];
        for (var update = 0; update < 3; update++)
        {
            Assert.Equal(Drawn(scales, 1), Drawn(told, Scale));
            var (fromFirst, fromSecond) = (new float[4], new float[4]);
            scales.Act([0.1f, -0.2f, 0.3f, 0], [0.25f, -0.5f, 0, 1], 2, fromFirst);
            told.Act([0.1f, -0.2f, 0.3f, 0], [Scale * 0.25f, Scale * -0.5f, 0, Scale], 2, fromSecond);
            Assert.Equal(fromFirst, fromSecond);
            scales.Act([0.1f, -0.2f], [Scale * 0.25f, Scale * -0.5f], null, unscaled);
            Assert.NotEqual(fromFirst[..2], unscaled);
            Learn(scales, 1);
            Learn(told, Scale);
        }

        static float[] Drawn(GoalAgent agent, float factor)
        {
            var action = new float[2];
            agent.Act([0.1f, -0.2f], [factor * 0.25f, factor * -0.5f], new Rng(2), action);
            return action;
        }

        static void Learn(GoalAgent agent, float factor)
        {
            for (var step = 0; step < 2 * Rows; step++)
            {
                var at = 0.1f * step;
                agent.Add(
                    [at, -at], [0.5f, at], 0, [at + 0.1f, -at], terminated: false, ended: false, [factor * at, factor * 0.5f], [factor * 0.25f, factor * at],
                    [0], [at, at], [at, at]);
            }
            agent.Draw(new Rng(3));
            for (var row = 0; row < Rows; row++)
                agent.Rewards[row] = row - agent.Achieved[2 * row];
            agent.Learn();
        }
    }

    [Fact]
    public void Draw_WhereGoalsAreScaled_GivesThemAsTheyWereKept()
    {
        using var agent = new GoalAgent(Field(PointGoal.Fixed), 2, 8, 1, 2, 2, Small, 100, new Rng(1));
        agent.Add([0, 0], [0, 0], 0, [0, 0], terminated: false, ended: true, [0.25f, -0.5f], [0.75f, 1], [0], [0, 0], [0, 0]);

        agent.Draw(new Rng(2));

        Assert.Equal([0.25f, -0.5f], agent.Goals[..2]);
        Assert.Equal([0.75f, 1], agent.NextGoals[..2]);
    }
}
