using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments.Navigation;
using Pose = IntrinsicLab.Core.Environments.Navigation.ThreeLinkSwimmer.Pose;

namespace IntrinsicLab.Tests.Core.Environments.Navigation;

public class ThreeLinkSwimmerTests
{
    [Theory]
    [InlineData(1, 0, -0.052422, 0.159748, -0.251600)]
    [InlineData(0, 1, -0.007017, -0.161423, -0.261513)]
    public void Velocity_OfOneJoint_IsTheKnownOne(double left, double right, double x, double y, double turn)
    {
        var velocity = ThreeLinkSwimmer.Velocity(new Pose(0, 0, 0, 0.5, -0.3), left, right);

        Assert.Equal(x, velocity.X, 5.1e-7);
        Assert.Equal(y, velocity.Y, 5.1e-7);
        Assert.Equal(turn, velocity.Turn, 5.1e-7);
    }

    // The scallop theorem: there and back again leads nowhere.
    [Fact]
    public void Advanced_ReciprocalStroke_ReturnsToTheStart()
    {
        var pose = Stroke(default, 100, (1, 0), (0, 0), (-1, 0), (0, 0));

        Assert.All([pose.X, pose.Y, pose.Angle], value => Assert.Equal(0, value, 1e-8));
    }

    [Fact]
    public void Advanced_SquareStroke_MovesByTheKnownWay()
    {
        var start = new Pose(0, 0, 0, 1, 1);
        var there = Stroke(start, 400, (1, -1), (-1, -1), (-1, 1), (1, 1));
        var back = Stroke(start, 400, (-1, 1), (-1, -1), (1, -1), (1, 1));

        Assert.Equal(-0.152223, there.X, 1e-6);
        Assert.Equal(-0.097115, there.Y, 1e-6);
        Assert.Equal(0, there.Angle, 1e-6);
        Assert.Equal(0.152223, back.X, 1e-6);
        Assert.Equal(0.097115, back.Y, 1e-6);
    }

    [Fact]
    public void Velocity_OfATurnedBody_IsTurnedWithIt()
    {
        var straight = ThreeLinkSwimmer.Velocity(new Pose(0, 0, 0, 0.5, -0.3), 1, 0.5);
        var turned = ThreeLinkSwimmer.Velocity(new Pose(3, -2, Math.PI / 2, 0.5, -0.3), 1, 0.5);

        Assert.Equal(straight.X, turned.Y, 1e-12);
        Assert.Equal(-straight.Y, turned.X, 1e-12);
        Assert.Equal(straight.Turn, turned.Turn, 1e-12);
    }

    [Fact]
    public void Step_AtAJointsLimit_MovesNothing()
    {
        using var environment = new ThreeLinkSwimmer(new ThreeLinkSwimmerConfig());
        environment.Reset(new Rng(1), new float[18]);
        environment.Body = new Pose(0.1, 0.2, 0.3, 1.2, -1.2);
        environment.Step([1, -1], new float[18]);

        Assert.Equal(new Pose(0.1, 0.2, 0.3, 1.2, -1.2), environment.Body);
    }

    [Theory]
    [InlineData(ThreeLinkGoal.Pose)]
    [InlineData(ThreeLinkGoal.Position)]
    public void Step_EndAtGoal_EndsInTheWantedPose(ThreeLinkGoal goal)
    {
        using var environment = new ThreeLinkSwimmer(new ThreeLinkSwimmerConfig { Goal = goal, EndAtGoal = true });
        var observation = new float[environment.Spec.Observation.Size];
        environment.Reset(new Rng(4), observation);
        var wanted = environment.Spec.Goal!.Wanted(observation).ToArray();
        environment.Body = goal == ThreeLinkGoal.Pose
            ? new Pose(wanted[4], wanted[5], Math.Atan2(wanted[3], wanted[2]), wanted[0], wanted[1])
            : new Pose(wanted[0], wanted[1], 0, 0, 0);
        var result = environment.Step([0, 0], observation);

        Assert.True(result.Terminated);
        Assert.Equal(0, result.Reward, 1e-6);
    }

    private static Pose Stroke(Pose pose, int stepsPerLeg, params (double Left, double Right)[] corners)
    {
        foreach (var (left, right) in corners)
        {
            var (leftWay, rightWay) = (left - pose.Left, right - pose.Right);
            for (var step = 0; step < stepsPerLeg; step++)
                pose = ThreeLinkSwimmer.Advanced(pose, leftWay, rightWay, 1.0 / stepsPerLeg);
        }
        return pose;
    }
}
