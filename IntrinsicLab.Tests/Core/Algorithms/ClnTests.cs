using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Optimizers;
using IntrinsicLab.Tests.Contracts;
using IntrinsicLab.Tests.Support;
using TorchSharp;

namespace IntrinsicLab.Tests.Core.Algorithms;

/// <summary>What each round of CLN may and may not move, and its limits, on short rollouts.</summary>
public class ClnTests
{
    private static readonly ClnConfig Small = new()
    {
        StepsPerRollout = 32,
        Epochs = 2,
        ValidationEpochs = 2,
        LearningRate = 1e-3,
        RewardLearningRate = 1e-3,
        NormaliseRewards = true,
        PolicyExtrinsicCoefficient = 0,
        RewardOutputScale = 1,
        HiddenSizes = [16, 16],
    };

    private static TrainingSetup Setup(string environment = "cartpole") => new(
        AlgorithmContractTests.Plan("cln", environment).CreateEnvironments(), 100_000, new Rng(1), torch.CPU);

    private static Dictionary<string, double> Last(Cln cln, int updates = 1)
    {
        var last = new Dictionary<string, double>();
        for (var update = 0; update < updates; update++)
            foreach (var point in cln.Update().Points)
                last[point.Metric] = point.Value;
        return last;
    }

    [Theory]
    [InlineData("cartpole")]
    [InlineData("mountain-car-continuous")]
    public void Update_OneTerm_LeavesTheRewardsTrunkAsItWas(string environment)
    {
        using var cln = new Cln(Small, Setup(environment));
        var before = cln.RewardParameters.Floats();

        var metrics = Last(cln, 3);

        var (after, trunk) = (cln.RewardParameters.Floats(), cln.RewardNetwork.ConditionOffset);
        Assert.Equal(before[..trunk], after[..trunk]);
        Assert.NotEqual(before[trunk..], after[trunk..]);
        Assert.True(metrics[Metrics.MetaGradientNorm] > 0);
        Assert.Equal(0, metrics[Metrics.IndirectGradientNorm]);
    }

    [Theory]
    [InlineData(ClnTerms.LirpgTerm)]
    [InlineData(ClnTerms.ThreeTerms)]
    public void Update_TermThroughTheRewards_MovesTheTrunk(ClnTerms terms)
    {
        using var cln = new Cln(Small with { GradientTerms = terms }, Setup());
        var before = cln.RewardParameters.Floats();

        var metrics = Last(cln);

        var trunk = cln.RewardNetwork.ConditionOffset;
        Assert.NotEqual(before[..trunk], cln.RewardParameters.Floats()[..trunk]);
        Assert.True(metrics[Metrics.IndirectGradientNorm] > 0);
        Assert.Equal(terms == ClnTerms.LirpgTerm, metrics[Metrics.IndirectGradientNorm] == metrics[Metrics.MetaGradientNorm]);
    }

    [Fact]
    public void ValidationRound_PolicyRoundHeldStill_LeavesThePolicyBitForBit()
    {
        using var cln = new Cln(Small with { LearningRate = 0 }, Setup());
        var (theta, eta) = (cln.Parameters.Floats(), cln.RewardParameters.Floats());

        cln.Update();

        Assert.Equal(theta, cln.Parameters.Floats());
        Assert.NotEqual(eta, cln.RewardParameters.Floats());
    }

    [Fact]
    public void PolicyRound_NoValidationRound_LeavesTheRewardBitForBit()
    {
        using var cln = new Cln(Small with { ValidationEpochs = 0 }, Setup());
        var (theta, eta) = (cln.Parameters.Floats(), cln.RewardParameters.Floats());

        cln.Update();

        Assert.Equal(eta, cln.RewardParameters.Floats());
        Assert.NotEqual(theta, cln.Parameters.Floats());
    }

    [Fact]
    public void ValidationRound_AfterPolicyRound_DoesNotTouchWhatThePolicyRoundMade()
    {
        // The first policy round does not know what the validation round after it will do.
        using var one = new Cln(Small, Setup());
        using var none = new Cln(Small with { ValidationEpochs = 0 }, Setup());

        one.Update();
        none.Update();

        Assert.Equal(none.Parameters.Floats(), one.Parameters.Floats());
    }

    [Fact]
    public void ValidationRound_GradientThatIsNotFinite_StopsBeforeTheRewardsStep()
    {
        // A reward of exactly 0 everywhere, whose gradient with respect to its first layer is the product of two huge numbers.
        static Cln Broken(ClnConfig config)
        {
            var cln = new Cln(config, Setup());
            var eta = FlatMemory.Of(cln.RewardParameters);
            var narrow = eta[cln.RewardNetwork.ConditionOffset..];
            eta[..cln.RewardNetwork.ConditionOffset].Clear();
            narrow.Fill(1e25f);
            narrow.Slice(16 * 4, 4).Clear();
            narrow[^1] = 0;
            return cln;
        }
        var config = Small with { GradientTerms = ClnTerms.LirpgTerm, Conditional = false };
        using var none = Broken(config with { ValidationEpochs = 0 });
        using var cln = Broken(config);
        var before = cln.RewardParameters.Floats();

        none.Update();
        var thrown = Assert.Throws<DivergedException>(() => cln.Update());

        Assert.Equal(Metrics.IndirectGradientNorm, thrown.Metric);
        Assert.Equal(2 * 4 * 32, thrown.Step);
        Assert.Equal(before, cln.RewardParameters.Floats());
        Assert.Equal(none.Parameters.Floats(), cln.Parameters.Floats());
    }

    [Theory]
    [InlineData(ClnDenominator.Current)]
    [InlineData(ClnDenominator.Old)]
    public void ValidationRound_FirstMinibatch_RatioIsOneForTheCurrentDenominatorOnly(ClnDenominator denominator)
    {
        // One minibatch of one epoch: what is reported is the ratio before η has moved.
        using var cln = new Cln(Small with { EtaRatioDenominator = denominator, ValidationEpochs = 1, Minibatches = 1, Epochs = 8 }, Setup());

        var change = Last(cln)[Metrics.MetaApproximateKl];

        Assert.Equal(denominator == ClnDenominator.Current, change < 1e-12);
        Assert.True(denominator == ClnDenominator.Current || change > 1e-6, $"{change}");
    }

    [Fact]
    public void ValidationRound_MoreEpochs_LowerTheExtrinsicLoss()
    {
        // The first update's rollouts are the same: the second run only goes on where the first stops, and reports the mean over all its steps.
        double Loss(int epochs)
        {
            var config = Small with
            {
                EtaRatioDenominator = ClnDenominator.Current,
                ValidationEpochs = epochs,
                Minibatches = 1,
                RewardLearningRate = 3e-3,
                PolicyOutputScale = 1,
                ConditionScale = 1,
            };
            using var cln = new Cln(config, Setup());
            return Last(cln)[Metrics.MetaLoss];
        }

        var (start, some, many) = (Loss(1), Loss(10), Loss(40));
        // At a ratio of 1 the loss is minus the mean of normalised advantages.
        Assert.Equal(0, start, 1e-6);
        Assert.True(some < -1e-4 && many < 2 * some, $"{some}, then {many}");
    }

    [Fact]
    public void ValidationRound_PolicyThatIgnoresItsCondition_HasNoGradientAtAll()
    {
        using var cln = new Cln(Small with { Conditional = false }, Setup());
        var eta = cln.RewardParameters.Floats();

        Assert.Equal(0, Last(cln, 2)[Metrics.MetaGradientNorm]);
        Assert.Equal(eta, cln.RewardParameters.Floats());
    }

    [Fact]
    public void WithoutIntrinsicReward_PolicyStaysAndItsValueLearns()
    {
        using var cln = new Cln(Small with { WithoutIntrinsicReward = true }, Setup());
        var (before, eta) = (cln.Parameters.Floats(), cln.RewardParameters.Floats());
        var value = new Mlp(4, [16, 16], 1, Activation.Tanh).ParameterCount;

        cln.Update();

        var after = cln.Parameters.Floats();
        Assert.Equal(before[..^value], after[..^value]);
        Assert.NotEqual(before[^value..], after[^value..]);
        Assert.NotEqual(eta, cln.RewardParameters.Floats());
    }

    [Fact]
    public void WithoutIntrinsicReward_PaidExtrinsically_PolicyLearns()
    {
        using var cln = new Cln(Small with { WithoutIntrinsicReward = true, PolicyExtrinsicCoefficient = 1 }, Setup());
        var before = cln.Parameters.Floats();

        cln.Update();

        Assert.NotEqual(before[..16], cln.Parameters.Floats()[..16]);
    }

    [Theory]
    [InlineData(false, 256)]
    [InlineData(true, 128)]
    public void Steps_EveryRolloutCounts(bool reuse, int perUpdate)
    {
        using var cln = new Cln(Small with { ReuseValidationRollout = reuse }, Setup());

        var first = cln.Update().Steps;

        Assert.Equal(256, first);
        Assert.Equal(perUpdate, cln.Update().Steps - first);
    }

    [Fact]
    public void Reuse_ValidationRollout_IsTheNextPolicyRoundsData()
    {
        using var cln = new Cln(Small with { ReuseValidationRollout = true }, Setup());
        cln.Update();
        var rollout = cln.ValidationRollout;
        var (actions, acted) = ((float[])rollout.Actions.Clone(), (float[])rollout.NegativeLogProbabilities.Clone());

        cln.Update();

        Assert.Same(rollout, cln.PolicyRollout);
        Assert.Equal(actions, cln.PolicyRollout.Actions);
        Assert.Equal(acted, cln.PolicyRollout.NegativeLogProbabilities);
    }

    [Theory]
    [InlineData("""{"reuseValidationRollout": true, "bootstrapOnTruncation": true, "normaliseRewards": true}""")]
    [InlineData("""{"gradientTerms": "three-terms", "rewardOutput": "tanh", "stepsPerRollout": 32}""")]
    public void Load_SavedState_ContinuesBitForBit(string parameters)
    {
        var plan = AlgorithmContractTests.Plan("cln", "cartpole", parameters: parameters);
        using var uninterrupted = new Trainer(plan);
        uninterrupted.Update();
        using var state = new MemoryStream();
        uninterrupted.Save(state);
        using var resumed = new Trainer(plan);
        state.Position = 0;
        resumed.Load(state);

        Assert.Equal(uninterrupted.Update().Points, resumed.Update().Points);
        Assert.Equal(uninterrupted.Update().Points, resumed.Update().Points);
    }

    // An independent PPO: libtorch's layer norm, its gradients, and Adam's pure step, on the rollout that CLN acted.
    [Theory]
    [InlineData("cartpole")]
    [InlineData("mountain-car-continuous")]
    public void FrozenReward_PolicyWithoutCondition_TakesTheStepsOfLayerNormedPpo(string environment)
    {
        var config = Small with { Conditional = false, ValidationEpochs = 0, MaximumGradientNorm = 0.5 };
        using var cln = new Cln(config, Setup(environment));
        using var scope = torch.NewDisposeScope();
        var continuous = environment != "cartpole";
        var (inputs, actions) = continuous ? (2, 1) : (4, 2);
        var (trunk, head, value) = (
            new Mlp(inputs, [16], 16, Activation.Tanh), new Mlp(16, [], actions, Activation.Tanh), new Mlp(inputs, [16, 16], 1, Activation.Tanh));
        var phi = 2 * 16 * (cln.RewardNetwork.ConditionSize + 1);
        var theta = torch.tensor(cln.Parameters.Floats());

        cln.Update();

        var rollout = cln.PolicyRollout;
        var minibatch = new Minibatch(rollout, rollout.Rows / 4);
        var optimizer = new Adam(config.AdamEpsilon, config.AdamEpsilonStyle);
        var state = optimizer.Initial(theta);
        var shuffles = new Rng(1).Split("minibatches");
        for (var step = 0; step < 8; step++)
        {
            if (step % 4 == 0)
                minibatch.Shuffle(shuffles);
            minibatch.Gather(step % 4);
            var at = theta.detach().requires_grad_(true);
            var parts = at.split([trunk.ParameterCount, phi - 32, 16, 16, head.ParameterCount, value.ParameterCount, continuous ? 1 : 0]);
            var seen = torch.tensor(minibatch.Observations).view(-1, inputs);
            var hidden = torch.nn.functional.layer_norm(trunk.Forward(parts[0], seen), [16], parts[2], parts[3]).tanh();
            var output = head.Forward(parts[4], hidden);
            var values = value.Forward(parts[5], seen).squeeze(1);
            var done = torch.tensor(minibatch.Actions);
            var nlp = continuous
                ? DiagonalGaussian.NegativeLogProbability(output, parts[6], done.view(-1, 1))
                : Categorical.NegativeLogProbability(output, done.to(torch.ScalarType.Int64));
            var entropy = continuous ? DiagonalGaussian.Entropy(parts[6]) : Categorical.Entropy(output).mean();
            var loss = PolicyGradients.ClippedSurrogate(
                    nlp, torch.tensor(minibatch.NegativeLogProbabilities), PolicyGradients.Normalise(torch.tensor(minibatch.Advantages)), config.ClipRange)
                + 0.5 * PolicyGradients.ClippedValueLoss(values, torch.tensor(minibatch.Values), torch.tensor(minibatch.Returns), config.ClipRange)
                - config.EntropyCoefficient * entropy;
            var gradient = torch.autograd.grad([loss], [at])[0];
            (theta, state) = optimizer.Step(theta, GlobalNorm.Clip(gradient, config.MaximumGradientNorm), state, config.LearningRate);
        }

        Numbers.Close(theta.Floats(), cln.Parameters.Floats(), 2e-5);
        Assert.Equal(8, state.Steps);
    }
}
