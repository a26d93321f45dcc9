using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Navigation;

namespace IntrinsicLab.Tests.Core.Environments.Navigation;

public class ObjectPushTests
{
    [Fact]
    public void Step_AtRandom_NeverEntersAnObjectAndKeepsAllInside()
    {
        using var environment = new ObjectPush(new ObjectPushConfig());
        var (rng, observation) = (new Rng(1), new float[environment.Spec.Observation.Size]);
        for (var episode = 0; episode < 200; episode++)
        {
            environment.Reset(rng, observation);
            for (var step = 0; step < 50; step++)
            {
                // Towards one of the objects, so that there is pushing.
                var target = environment.Objects.Slice(2 * (episode % 2), 2);
                environment.Step([(float)(target[0] - environment.Position.X + rng.NextDouble(-1, 1)), (float)(target[1] - environment.Position.Y)], observation);
                for (var index = 0; index < 2; index++)
                    Assert.InRange(Distance(environment, index), ObjectPush.Touch - 1e-6, 20);
                foreach (var coordinate in environment.Objects)
                    Assert.InRange(coordinate, 0.6, 9.4);
            }
        }
    }

    [Fact]
    public void Step_AgainstAnObject_PushesItToTouchingDistance()
    {
        using var environment = Placed(agent: (5, 5), first: (5.8, 5), second: (2, 2));
        environment.Step([1, 0], new float[22]);

        Assert.Equal((5.5, 5.0), environment.Position);
        Assert.Equal([5.5 + 0.6, 5, 2, 2], environment.Objects.ToArray());
    }

    [Fact]
    public void Step_OffCentre_PushesAlongTheLine()
    {
        using var environment = Placed(agent: (5, 5), first: (5.8, 5.3), second: (2, 2));
        environment.Step([1, 0], new float[22]);
        var length = Math.Sqrt(0.09 + 0.09);

        Assert.Equal(5.5 + 0.6 * 0.3 / length, environment.Objects[0], 1e-12);
        Assert.Equal(5 + 0.6 * 0.3 / length, environment.Objects[1], 1e-12);
    }

    [Fact]
    public void Step_AgainstAPinnedObject_IsPushedBack()
    {
        using var environment = Placed(agent: (8.8, 5), first: (9.4, 5), second: (2, 2));
        environment.Step([1, 0], new float[22]);

        Assert.Equal([9.4, 5, 2, 2], environment.Objects.ToArray());
        Assert.Equal(8.8, environment.Position.X, 1e-12);
    }

    [Fact]
    public void Step_BesideAnObject_LeavesItAlone()
    {
        using var environment = Placed(agent: (5, 5), first: (5.5, 5.7), second: (2, 2));
        environment.Step([1, 0], new float[22]);

        Assert.Equal([5.5, 5.7, 2, 2], environment.Objects.ToArray());
    }

    [Fact]
    public void Step_Description_AchievesTheObjectThatMovedMost()
    {
        using var environment = new ObjectPush(new ObjectPushConfig { Goal = PushGoal.Description });
        var observation = new float[environment.Spec.Observation.Size];
        var named = new HashSet<int>();
        for (var seed = 0UL; seed < 20; seed++)
        {
            environment.Reset(new Rng(seed), observation);
            named.Add(environment.Named);
            var layout = environment.Spec.Goal!;
            Assert.Equal(layout.Wanted(observation)[..6].ToArray(), layout.Achieved(observation)[..6].ToArray());
            var other = 1 - environment.Named;
            environment.Objects[2 * other] = 5;
            environment.Objects[2 * other + 1] = 9;
            environment.Step([0, 0], observation);

            var look = observation.AsSpan(2 + 8 * other, 8);
            Assert.Equal(look[2..].ToArray(), layout.Achieved(observation)[..6].ToArray());
            Assert.Equal(look[..2].ToArray(), layout.Achieved(observation)[6..].ToArray());
        }

        Assert.Equal(2, named.Count);
    }

    [Fact]
    public void Step_ObjectAtItsPlace_PaysZeroAndEnds()
    {
        using var environment = new ObjectPush(new ObjectPushConfig { GoalIsGiven = true, Reward = GoalReward.Sparse, EndAtGoal = true });
        environment.Reset(new Rng(1), new float[22]);
        (environment.Objects[0], environment.Objects[1]) = (6.7, 8.7);

        Assert.Equal(new StepResult(0, Terminated: true, Truncated: false), environment.Step([0, 0], new float[22]));
    }

    [Fact]
    public void Reset_Objects_LookDifferentAndLieApart()
    {
        using var environment = new ObjectPush(new ObjectPushConfig());
        var observation = new float[22];
        for (var seed = 0UL; seed < 200; seed++)
        {
            environment.Reset(new Rng(seed), observation);
            Assert.False(observation.AsSpan(4, 6).SequenceEqual(observation.AsSpan(12, 6)));
            Assert.All([0, 1], index => Assert.True(Distance(environment, index) >= 1.5));
        }
    }

    [Fact]
    public void Reset_SingleObject_BeginsBesideIt()
    {
        using var environment = new ObjectPush(new ObjectPushConfig { Objects = 1 });
        environment.Reset(new Rng(1), new float[14]);

        Assert.Equal(1, Distance(environment, 0), 1e-12);
        Assert.Equal(30, environment.Spec.TimeLimit);
    }

    private static double Distance(ObjectPush environment, int index)
    {
        var (x, y) = environment.Position;
        var (right, up) = (environment.Objects[2 * index] - x, environment.Objects[2 * index + 1] - y);
        return Math.Sqrt(right * right + up * up);
    }

    private static ObjectPush Placed((double X, double Y) agent, (double X, double Y) first, (double X, double Y) second)
    {
        var environment = new ObjectPush(new ObjectPushConfig());
        environment.Reset(new Rng(1), new float[22]);
        environment.Position = agent;
        ((double[])[first.X, first.Y, second.X, second.Y]).CopyTo(environment.Objects);
        return environment;
    }
}
