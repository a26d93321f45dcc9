using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Classic;

namespace IntrinsicLab.Tests.Core.Environments;

public class CartPoleTests
{
    [Fact]
    public void Step_SuttonBartoReward_PaysForTheFallAlone()
    {
        Assert.Equal([0, 0, 0, -1], Rewards(new CartPoleConfig { SuttonBartoReward = true }));
        Assert.Equal([1, 1, 1, 1], Rewards(new CartPoleConfig()));
    }

    [Fact]
    public void Step_BeyondTheTrack_Terminates()
    {
        using var environment = new CartPole(new CartPoleConfig()) { State = (2.39, 1, 0, 0) };

        Assert.True(environment.Step([1], new float[4]).Terminated);
    }

    [Fact]
    public void Spec_OfOtherPhysics_ClaimsNoPublishedThreshold()
    {
        Assert.Equal(475, new CartPole(new CartPoleConfig()).Spec.SolvedAt);
        Assert.Null(new CartPole(new CartPoleConfig { Gravity = 1.6 }).Spec.SolvedAt);
    }

    private static List<double> Rewards(CartPoleConfig config)
    {
        using var environment = new CartPole(config) { State = (0, 0, 0.15, 0.5) };
        var results = new List<StepResult>();
        do
            results.Add(environment.Step([0], new float[4]));
        while (!results[^1].Terminated);
        return [.. results.Select(result => result.Reward)];
    }
}
