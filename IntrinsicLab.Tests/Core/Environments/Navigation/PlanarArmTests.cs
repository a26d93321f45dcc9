using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Navigation;

namespace IntrinsicLab.Tests.Core.Environments.Navigation;

public class PlanarArmTests
{
    [Fact]
    public void Fingertip_OfKnownAngles_IsWhereItShouldBe()
    {
        using var environment = Begun(new PlanarArmConfig(), out _);
        foreach (var (shoulder, elbow, x, y) in ((double, double, double, double)[])[(0, 0, 1, 0), (Math.PI / 2, 0, 0, 1), (0, Math.PI / 2, 0.5, 0.5)])
        {
            environment.Joints = (shoulder, elbow);
            Assert.Equal(x, environment.Fingertip.X, 1e-12);
            Assert.Equal(y, environment.Fingertip.Y, 1e-12);
        }
    }

    [Fact]
    public void Step_PastTheLimits_StopsThere()
    {
        using var environment = Begun(new PlanarArmConfig(), out var observation);
        for (var step = 0; step < 25; step++)
            environment.Step([1, -1], observation);

        Assert.Equal((Math.PI, -2.6), environment.Joints);
    }

    [Fact]
    public void Reset_Goals_CoverWhatIsInReach()
    {
        using var environment = Begun(new PlanarArmConfig(), out var observation);
        var radii = Enumerable.Range(0, 2000).Select(seed =>
        {
            environment.Reset(new Rng((ulong)seed), observation);
            var wanted = environment.Spec.Goal!.Wanted(observation);
            return Math.Sqrt(wanted[0] * wanted[0] + wanted[1] * wanted[1]);
        }).ToList();

        // Uniform over the ring: half of its area is within the root of the mean of the squared radii.
        Assert.InRange(radii.Min(), 0.2674, 0.3);
        Assert.InRange(radii.Max(), 0.98, 1.0);
        Assert.InRange(radii.Count(radius => radius * radius < (1 + 0.2675 * 0.2675) / 2), 900, 1100);
    }

    [Fact]
    public void Step_ToTheGoal_ReachesIt()
    {
        using var environment = Begun(new PlanarArmConfig { EndAtGoal = true, Reward = ArmReward.Sparse }, out var observation);
        var wanted = environment.Spec.Goal!.Wanted(observation).ToArray();
        // Inverse kinematics of two equal links.
        var radius = Math.Sqrt(wanted[0] * wanted[0] + wanted[1] * wanted[1]);
        var elbow = 2 * Math.Acos(radius);
        environment.Joints = (Math.Atan2(wanted[1], wanted[0]) - elbow / 2, elbow);

        Assert.Equal(new StepResult(0, Terminated: true, Truncated: false), environment.Step([0, 0], observation));
    }

    [Fact]
    public void Step_ImageGoal_ShowsTheFingertip()
    {
        using var environment = Begun(new PlanarArmConfig { Goal = ArmGoal.Image, Reward = ArmReward.Pixel }, out var observation);
        var wanted = environment.Spec.Goal!.Wanted(observation).ToArray();
        var reward = environment.Step([0.3f, -1], observation).Reward;
        var (image, expected) = (environment.Spec.Goal!.Achieved(observation).ToArray(), new float[100]);
        BlobImage.Add(expected, environment.Fingertip.X, environment.Fingertip.Y);

        Assert.Equal(expected, image);
        Assert.Equal(-BlobImage.Distance(image, wanted), reward);
        Assert.Throws<ArgumentException>(() => new PlanarArm(new PlanarArmConfig { Reward = ArmReward.Pixel }));
    }

    private static PlanarArm Begun(PlanarArmConfig config, out float[] observation)
    {
        var environment = new PlanarArm(config);
        observation = new float[environment.Spec.Observation.Size];
        environment.Reset(new Rng(1), observation);
        return environment;
    }
}
