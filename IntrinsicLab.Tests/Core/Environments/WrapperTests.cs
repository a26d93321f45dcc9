using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Environments;

public class WrapperTests
{
    // Zheng, Oh and Singh's delay, period 3: rewards 1 to 7, an episode ends with the fifth.
    [Fact]
    public void DelayedRewards_PeriodOfThree_PaysSumsAndAtTheEnd()
    {
        var rewards = new DelayedRewards(1, 3);
        var paid = Enumerable.Range(1, 7).Select(reward => rewards.Pay(0, reward, ended: reward == 5));

        Assert.Equal([0, 0, 6, 0, 9, 0, 0], paid);
        Assert.Equal(13, rewards.Withheld[0]);
        Assert.Equal(2, rewards.Waited[0]);
    }

    [Fact]
    public void DelayedRewards_PeriodOfOne_ChangesNoBit()
    {
        var rewards = new DelayedRewards(1, 1);

        Assert.All([0.0, -0.0, 0.1, double.NaN, 1e-300], reward =>
            Assert.Equal(BitConverter.DoubleToInt64Bits(reward), BitConverter.DoubleToInt64Bits(rewards.Pay(0, reward, ended: false))));
    }

    [Fact]
    public void DelayedRewards_SavedAndLoaded_StillOwesTheSame()
    {
        var (saved, loaded) = (new DelayedRewards(2, 5), new DelayedRewards(2, 5));
        saved.Pay(0, 1, ended: false);
        saved.Pay(1, 2, ended: false);
        saved.Pay(1, 3, ended: false);
        using var stream = new MemoryStream();
        saved.Save(new BinaryWriter(stream));
        stream.Position = 0;
        loaded.Load(new BinaryReader(stream));

        Assert.Equal(saved.Withheld.ToArray(), loaded.Withheld.ToArray());
        Assert.Equal(saved.Waited.ToArray(), loaded.Waited.ToArray());
    }

    [Fact]
    public void Delay_OverEpisodes_PaysEachEpisodeInFull()
    {
        using var environment = new Delay(new TimeLimit(new CountingEnvironment(1000), 5), 3);

        Assert.Equal([(0, false), (0, false), (6, false), (0, false), (9, true)], Episode(environment).Select(step => (step.Reward, step.Truncated)));
        Assert.Equal([1, 2, 3, 4, 5], Episode(environment).Select(step => step.RawReward));
    }

    [Fact]
    public void Delay_ResetInMidEpisode_ForgetsWhatWasOwed()
    {
        using var environment = new Delay(new CountingEnvironment(1000), 2);
        var observation = new float[3];
        environment.Reset(new Rng(1), observation);
        environment.Step([0], observation);
        environment.Reset(new Rng(1), observation);
        environment.Step([0], observation);

        Assert.Equal(3, environment.Step([0], observation).Reward);
    }

    [Fact]
    public void Delay_OfOne_EqualsNoDelay()
    {
        using var plain = new TimeLimit(new CountingEnvironment(1000), 6);
        using var delayed = new Delay(new TimeLimit(new CountingEnvironment(1000), 6), 1);

        Assert.Equal(Episode(plain), Episode(delayed));
    }

    [Fact]
    public void RewardScale_OnEveryStep_LeavesRawReward()
    {
        using var environment = new RewardScale(new TimeLimit(new CountingEnvironment(1000), 3), -0.5);

        Assert.Equal([(-0.5, 1), (-1, 2), (-1.5, 3)], Episode(environment).Select(step => (step.Reward, step.RawReward)));
    }

    [Fact]
    public void TimeLimit_OnStepThatTerminates_SetsBothFlags()
    {
        using var environment = new TimeLimit(new CountingEnvironment(1), 1);

        Assert.Equal(new StepResult(1, Terminated: true, Truncated: true), Assert.Single(Episode(environment)));
    }

    [Fact]
    public void Factory_Wrappers_ApplyInOrder()
    {
        var catching = EnvironmentCatalog.Find("catch")!;
        var wrappers = new WrapperConfig { TimeLimit = 4, RewardScale = 2, Delay = 3 };
        var factory = EnvironmentCatalog.Factory(catching, null, wrappers);
        using var environment = factory.Create();

        Assert.IsType<Delay>(environment);
        Assert.Equal(4, factory.Spec.TimeLimit);
        Assert.Null(factory.Spec.ScoreRange);
        Assert.Equal(wrappers, factory.Wrappers);
        Assert.Equal(4, Episode(environment, action: 1).Count);
    }

    [Fact]
    public void Factory_NoWrappers_AppliesTheEnvironmentsOwnLimit()
    {
        using var environment = EnvironmentCatalog.Factory(EnvironmentCatalog.Find("mountain-car-continuous")!).Create();
        var steps = Episode(environment);

        Assert.Equal(999, steps.Count);
        Assert.Equal((false, true), (steps[^1].Terminated, steps[^1].Truncated));
    }

    private static List<StepResult> Episode(IEnvironment environment, float action = 0)
    {
        var steps = new List<StepResult>();
        var observation = new float[environment.Spec.Observation.Size];
        environment.Reset(new Rng(1), observation);
        do
            steps.Add(environment.Step([action], observation));
        while (!steps[^1].Ended);
        return steps;
    }
}
