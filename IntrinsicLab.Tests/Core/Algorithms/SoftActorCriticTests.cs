using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class SoftActorCriticTests
{
    private static readonly SoftActorCriticSettings Small = new()
    {
        Hidden = [32],
        BatchSize = 64,
        ActorLearningRate = 3e-3,
        CriticLearningRate = 3e-3,
        TemperatureLearningRate = 3e-3,
        AutomaticTemperature = false,
        InitialTemperature = 0.01,
    };

    // One state, one step: the reward is -(a - 0.3)^2 of a continuous action, or the action's own.
    private static SoftActorCriticReport Train(SoftActorCritic learner, int updates, Rng rng, float[]? payoff = null)
    {
        learner.Inputs.AsSpan().Fill(1);
        learner.NextInputs.AsSpan().Fill(1);
        learner.Terminated.AsSpan().Fill(1);
        var report = new SoftActorCriticReport();
        for (var update = 0; update < updates; update++)
        {
            for (var row = 0; row < learner.Rewards.Length; row++)
            {
                var action = payoff is null ? (float)rng.NextDouble(-1, 1) : rng.NextInt(payoff.Length);
                learner.Actions[row] = action;
                learner.Rewards[row] = payoff is null ? -(action - 0.3f) * (action - 0.3f) : payoff[(int)action];
            }
            report = learner.Learn();
        }
        return report;
    }

    [Fact]
    public void Learn_ABanditOfContinuousActions_FindsTheBestAction()
    {
        using var learner = new SoftActorCritic(1, 1, true, Small, new Rng(1));

        Train(learner, 800, new Rng(2));

        var (action, value) = (new float[1], new float[1]);
        learner.Act([1], null, action);
        learner.Judge([1], [0.8f], value);
        Assert.Equal(0.3, action[0], 0.06);
        Assert.Equal(-0.25, value[0], 0.05);
    }

    [Fact]
    public void Learn_WithAHighTemperature_MakesThePolicyAlmostUniform()
    {
        using var learner = new SoftActorCritic(1, 1, true, Small with { InitialTemperature = 10 }, new Rng(1));

        var report = Train(learner, 800, new Rng(2));

        // Log 2 is uniform; a squashed Gaussian around 0 reaches 0.6836 at most.
        Assert.InRange(report.Entropy, 0.55, 0.80);
        Assert.InRange(report.Decidedness, 0.4, 0.6);
    }

    [Fact]
    public void Learn_ABanditOfDiscreteActions_FindsTheBoltzmannPolicy()
    {
        using var learner = new SoftActorCritic(1, 2, false, Small with { InitialTemperature = 0.5 }, new Rng(1));

        var report = Train(learner, 1000, new Rng(2), [1, 0]);

        // softmax((1, 0)/0.5): the likelier action has 0.880797, and the entropy is 0.365335.
        Assert.Equal(0.8808, report.Decidedness, 0.02);
        Assert.Equal(0.3653, report.Entropy, 0.04);
        var rng = new Rng(9);
        var (chosen, action) = (0, new float[1]);
        for (var draw = 0; draw < 4000; draw++)
        {
            learner.Act([1], rng, action);
            chosen += action[0] == 0 ? 1 : 0;
        }
        Assert.Equal(0.8808, chosen / 4000.0, 0.03);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Learn_WithALearnedTemperature_KeepsTheEntropyWanted(bool continuous)
    {
        var settings = Small with { AutomaticTemperature = true, InitialTemperature = 0.2, TemperatureLearningRate = 0.02, TargetEntropy = continuous ? -0.4 : 0.5 };
        using var learner = new SoftActorCritic(1, continuous ? 1 : 3, continuous, settings, new Rng(1));

        var report = Train(learner, 3000, new Rng(2), continuous ? null : [1, 0, 0]);

        Assert.Equal(settings.TargetEntropy!.Value, report.Entropy, 0.25);
        Assert.True(learner.Temperature > 0);
    }

    [Theory]
    [InlineData(true, -3)]
    [InlineData(false, 0.97776)]
    public void TargetEntropy_WhereNoneIsGiven_IsThePublishedOne(bool continuous, double expected)
    {
        using var learner = new SoftActorCritic(2, 3, continuous, Small, new Rng(1));

        Assert.Equal(expected, learner.TargetEntropy, 4);
    }

    [Fact]
    public void Learn_WithADelayedPolicy_LetsItTakeItsTurnsTogether()
    {
        using var learner = new SoftActorCritic(1, 1, true, Small with { PolicyFrequency = 2 }, new Rng(1));
        var before = learner.PolicyParameters.ToArray();

        var first = Train(learner, 1, new Rng(2));
        var between = learner.PolicyParameters.ToArray();
        var second = Train(learner, 1, new Rng(3));

        Assert.Equal((false, true), (first.PolicyLearned, second.PolicyLearned));
        Assert.Equal(before, between);
        Assert.NotEqual(before, learner.PolicyParameters.ToArray());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Save_InTheMiddle_GoesOnBitForBit(bool continuous)
    {
        var settings = Small with { AutomaticTemperature = true, TargetFrequency = 3, PolicyFrequency = 2 };
        using var written = new SoftActorCritic(1, 2, continuous, settings, new Rng(1));
        using var read = new SoftActorCritic(1, 2, continuous, settings, new Rng(2));
        float[]? payoff = continuous ? null : [1, 0];
        Train(written, 7, new Rng(2), payoff);
        using var content = new MemoryStream();
        using (var writer = new CheckpointWriter(content))
            written.Save(writer);
        content.Position = 0;

        using (var reader = new CheckpointReader(content))
            read.Load(reader);

        Assert.Equal(Train(written, 5, new Rng(4), payoff), Train(read, 5, new Rng(4), payoff));
        Assert.Equal(written.PolicyParameters.ToArray(), read.PolicyParameters.ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(130)]
    public void Backward_WithoutAParameterGradient_GivesTheSameInputGradient(int rows)
    {
        var network = new Mlp(5, [24, 17], 2, Activation.Relu);
        var (parameters, input, rng) = (new float[network.ParameterCount], new float[rows * 5], new Rng(3));
        FanIn.Fill(network, parameters, rng);
        Numbers.RandomFloats(rng, input.Length).CopyTo(input, 0);
        var pass = new MlpPass(network, rows);
        var (gradient, whole, alone) = (new float[parameters.Length], new float[input.Length], new float[input.Length]);
        pass.Forward(parameters, input, rows);
        pass.OutputGradient.Fill(0.5f);

        pass.Backward(parameters, input, gradient, whole);
        pass.Backward(parameters, input, [], alone);

        Assert.Equal(whole, alone);
        Assert.Contains(whole, value => value != 0);
    }
}
