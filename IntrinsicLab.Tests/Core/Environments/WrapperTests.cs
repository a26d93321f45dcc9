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
    public void RewardSign_OnEveryStep_LeavesRawReward()
    {
        using var environment = new RewardSign(new RewardScale(new TimeLimit(new CountingEnvironment(1000), 3), -0.5));

        Assert.Equal([(-1, 1), (-1, 2), (-1, 3)], Episode(environment).Select(step => (step.Reward, step.RawReward)));
    }

    [Fact]
    public void FrameStack_OfVectors_ShowsTheOldestFirst()
    {
        using var environment = new FrameStack(new CountingEnvironment(1000), 3);
        var observation = new float[9];
        environment.Reset(new Rng(1), observation);
        Assert.Equal([1, 0, 0, 1, 0, 0, 1, 0, 0], observation);
        environment.Step([0.25f], observation);
        environment.Step([0.5f], observation);

        Assert.Equal([1, 0, 0, 1, 1, 0.25f, 1, 2, 0.5f], observation);
        Assert.Equal([9], environment.Spec.Observation.Shape);
        environment.Step([0.75f], observation);
        Assert.Equal([1, 1, 0.25f, 1, 2, 0.5f, 1, 3, 0.75f], observation);
    }

    [Fact]
    public void FrameStack_OfGrids_StacksChannelsOfEachCell()
    {
        using var single = EnvironmentCatalog.Factory(EnvironmentCatalog.Find("catch")!).Create();
        using var environment = new FrameStack(EnvironmentCatalog.Factory(EnvironmentCatalog.Find("catch")!).Create(), 2);
        var (one, two) = (new float[100], new float[200]);
        single.Reset(new Rng(4), one);
        environment.Reset(new Rng(4), two);
        Assert.Equal(one.SelectMany(value => new[] { value, value }), two);
        var before = one.ToArray();
        single.Step([1], one);
        environment.Step([1], two);

        Assert.Equal([10, 10, 2], environment.Spec.Observation.Shape);
        Assert.Equal(before.Zip(one, (old, latest) => new[] { old, latest }).SelectMany(pair => pair), two);
    }

    [Fact]
    public void NoisyChannels_OnAVector_AreDrawnAnewOnEveryStep()
    {
        using var environment = new NoisyChannels(new CountingEnvironment(1000), 500);
        var observation = new float[503];
        environment.Reset(new Rng(1), observation);
        var first = observation[3..];
        environment.Step([0.5f], observation);

        Assert.Equal([1, 1, 0.5f], observation[..3]);
        Assert.DoesNotContain(first.Zip(observation[3..]), pair => pair.First == pair.Second);
        Assert.InRange(first.Average(), -0.2, 0.2);
        Assert.InRange(first.Select(value => value * value).Average(), 0.8, 1.2);
    }

    [Fact]
    public void NoisyChannels_OnAGrid_AreRefused()
    {
        var wrappers = new WrapperConfig { NoisyChannels = 1 };

        Assert.Contains("noisyChannels", Assert.Throws<ArgumentException>(() => EnvironmentCatalog.Factory(EnvironmentCatalog.Find("catch")!, null, wrappers)).Message);
    }

    // Every third step costs a life; the game is over after the seventh.
    [Fact]
    public void EpisodicLife_OverAGame_EndsEpisodesAndGoesOn()
    {
        using var batch = new EnvironmentBatch(new EnvironmentFactory(new Lives().Spec, () => new EpisodicLife(new Lives())), 1, new Rng(1));
        batch.Reset();
        var log = new List<(float Seen, bool Terminated, Episode? Game)>();
        for (var step = 0; step < 8; step++)
        {
            batch.Step([1]);
            log.Add((batch.Observations[0], batch.Terminated[0], batch.Ended.Count == 1 ? batch.Ended[0] : null));
        }

        Assert.Equal(
            [
                (1, false, null), (2, false, null), (3, true, null), (4, false, null), (5, false, null), (6, true, null),
                (0, true, new Episode(0, Step: 7, Return: 7, Length: 7)), (1, false, null),
            ],
            log);
    }

    private sealed class Lives : IEnvironment
    {
        private int step;

        public EnvironmentSpec Spec { get; } = new(new Box([1], 0, 100), new Discrete(2));

        public void Reset(Rng rng, Span<float> observation) => observation[0] = step = 0;

        public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
        {
            observation[0] = ++step;
            return new StepResult(1, Terminated: step == 7, Truncated: false) { LifeLost = step % 3 == 0 };
        }

        public void Save(BinaryWriter writer) => writer.Write(step);

        public void Load(BinaryReader reader, Rng rng) => step = reader.ReadInt32();

        public Scene? Render() => null;

        public void Dispose()
        {
        }
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
        var wrappers = new WrapperConfig { TimeLimit = 4, RewardScale = 2, Delay = 3, DelayAfterNormalisation = false };
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
