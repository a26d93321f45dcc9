using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Optimizers;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>The policy-gradient method whose steps the learned reward steers.</summary>
public enum LirpgOptimizer
{
    /// <summary>Clipped surrogate, generalised advantages, several epochs, Adam.</summary>
    Ppo,

    /// <summary>Plain policy gradient, n-step returns, one step per rollout, RMSProp.</summary>
    A2c,
}

/// <summary>How the meta-gradient is computed; both are exact and equal up to rounding.</summary>
public enum MetaGradientRoute
{
    /// <summary>By hand with first derivatives only, which is many times faster.</summary>
    FirstOrder,

    /// <summary>By differentiating libtorch's gradient once more.</summary>
    DoubleBackpropagation,
}

/// <summary>Hyper-parameters of <see cref="Lirpg"/>.</summary>
public sealed record LirpgConfig
{
    /// <summary>The method whose steps the learned reward steers; the preset of each sets what belongs to it.</summary>
    [Group("Reward")]
    public LirpgOptimizer Optimizer { get; init; } = LirpgOptimizer.Ppo;

    /// <summary>Weight of the extrinsic reward in what the policy maximises (the paper: 0.01 with PPO, 1 with A2C; 0 for R_in alone).</summary>
    [Range(0.0, 1000.0), Group("Reward")]
    public double ExtrinsicCoefficient { get; init; } = 0.01;

    /// <summary>Weight λ of the learned reward in what the policy maximises (the paper: 1 with PPO, 0.003 to 0.05 with A2C; the code: 0.01 with A2C).</summary>
    [Range(0.0, 1000.0), Group("Reward")]
    public double IntrinsicCoefficient { get; init; } = 1;

    /// <summary>Step size β of the learned reward and the extrinsic value function (the paper: 1e-4 with PPO, 7e-4 with A2C).</summary>
    [Range(0.0, 1000.0), Group("Reward")]
    public double RewardLearningRate { get; init; } = 1e-4;

    /// <summary>Whether that step size falls to zero over the run (the paper: constant with PPO, linear with A2C).</summary>
    [Group("Reward")]
    public Schedule RewardLearningRateSchedule { get; init; } = Schedule.Constant;

    /// <summary>Longest joint gradient of the learned reward and the extrinsic value function; 0 turns it off (the released code: 0.5).</summary>
    [Range(0.0, 1e6), Group("Reward")]
    public double RewardMaximumGradientNorm { get; init; } = 0.5;

    /// <summary>Weight of the extrinsic value loss beside the meta-loss (the released code: 0.5 with PPO, 0.1 with A2C, there called ξ).</summary>
    [Range(0.0, 100.0), Group("Reward")]
    public double ExtrinsicValueCoefficient { get; init; } = 0.5;

    /// <summary>How the meta-gradient is computed; the choice changes speed, and results by rounding only.</summary>
    [Group("Reward")]
    public MetaGradientRoute MetaGradient { get; init; } = MetaGradientRoute.FirstOrder;

    /// <summary>Environments stepped together (the released code: 1 with PPO, 16 with A2C).</summary>
    [Range(1, 4096), Unit("environments"), Group("Rollout")]
    public int Environments { get; init; } = 4;

    /// <summary>Steps of each environment per update (the released code: 2048 with PPO, 5 with A2C).</summary>
    [Range(1, 1_000_000), Unit("steps"), Group("Rollout")]
    public int StepsPerRollout { get; init; } = 128;

    /// <summary>Threads that step the environments; results do not depend on it.</summary>
    [Range(1, 256), Unit("threads"), Group("Rollout")]
    public int Threads { get; init; } = 1;

    /// <summary>Passes over each rollout (the released code: 10); PPO only.</summary>
    [Range(1, 1000), Unit("epochs"), Group("Optimiser")]
    public int Epochs { get; init; } = 4;

    /// <summary>Equal parts each pass is cut into, one step of policy and reward each (the released code: 32); PPO only.</summary>
    [Range(1, 1_000_000), Unit("minibatches"), Group("Optimiser")]
    public int Minibatches { get; init; } = 4;

    /// <summary>Step size α of policy and mixed value function (the paper: 3e-4 with PPO, 7e-4 with A2C).</summary>
    [Range(0.0, 1000.0), Group("Optimiser")]
    public double LearningRate { get; init; } = 2.5e-4;

    /// <summary>Whether that step size falls to zero over the run (the paper: constant with PPO, linear with A2C).</summary>
    [Group("Optimiser")]
    public Schedule LearningRateSchedule { get; init; } = Schedule.Linear;

    /// <summary>Longest gradient of policy and mixed value function, through which the meta-gradient passes; 0 turns it off (the released code: 0.5).</summary>
    [Range(0.0, 1e6), Group("Optimiser")]
    public double MaximumGradientNorm { get; init; } = 0.5;

    /// <summary>ε that keeps Adam (or RMSProp) from dividing by zero (the released code: 1e-5).</summary>
    [Range(0.0, 1.0), Group("Optimiser")]
    public double AdamEpsilon { get; init; } = 1e-5;

    /// <summary>Where ε is added: as TensorFlow and the released code do, or as PyTorch does.</summary>
    [Group("Optimiser")]
    public EpsilonStyle AdamEpsilonStyle { get; init; } = EpsilonStyle.Tensorflow;

    /// <summary>How slowly RMSProp forgets squared gradients (the released code: 0.99); A2C only.</summary>
    [Range(0.0, 1.0), Group("Optimiser")]
    public double RmspropDecay { get; init; } = 0.99;

    /// <summary>Discount γ per step (the paper: 0.99).</summary>
    [Range(0.0, 1.0), Group("Loss")]
    public double Gamma { get; init; } = 0.99;

    /// <summary>Trace decay λ of generalised advantages (the released code: 0.95); PPO only.</summary>
    [Range(0.0, 1.0), Group("Loss")]
    public double GaeLambda { get; init; } = 0.95;

    /// <summary>Clip range ε of the probability ratio in both losses, and of value changes (the released code: 0.2); PPO only.</summary>
    [Range(0.0, 10.0, MinimumIsExclusive = true), Group("Loss")]
    public double ClipRange { get; init; } = 0.2;

    /// <summary>Whether the clip range falls to zero over the run; PPO only.</summary>
    [Group("Loss")]
    public Schedule ClipRangeSchedule { get; init; } = Schedule.Constant;

    /// <summary>Weight of the entropy bonus (the released code: 0 with PPO, 0.01 with A2C).</summary>
    [Range(0.0, 10.0), Group("Loss")]
    public double EntropyCoefficient { get; init; } = 0.01;

    /// <summary>Weight of the mixed value loss, which holds a ½ of its own (the released code: 0.5).</summary>
    [Range(0.0, 100.0), Group("Loss")]
    public double ValueCoefficient { get; init; } = 0.5;

    /// <summary>Limits changes of both value functions to the clip range (the released code does); PPO only.</summary>
    [Group("Loss")]
    public bool ValueClip { get; init; } = true;

    /// <summary>Brings the advantages of each minibatch to mean 0 and deviation 1, in both losses (the released code does); PPO only.</summary>
    [Group("Normalisation")]
    public bool NormaliseAdvantages { get; init; } = true;

    /// <summary>Brings observations to running mean 0 and deviation 1 (the released code: on MuJoCo).</summary>
    [Group("Normalisation")]
    public bool NormaliseObservations { get; init; }

    /// <summary>Divides extrinsic rewards by the running deviation of their discounted sum (the released code: on MuJoCo).</summary>
    [Group("Normalisation")]
    public bool NormaliseRewards { get; init; }

    /// <summary>Largest absolute value of a normalised observation (the released code: 10).</summary>
    [Range(0.0, 1e6, MinimumIsExclusive = true), Group("Normalisation")]
    public double ObservationClip { get; init; } = 10;

    /// <summary>Largest absolute value of a normalised reward (the released code: 10).</summary>
    [Range(0.0, 1e6, MinimumIsExclusive = true), Group("Normalisation")]
    public double RewardClip { get; init; } = 10;

    /// <summary>Starts the discounted sum anew with each episode (off in the released code).</summary>
    [Group("Normalisation")]
    public bool ResetReturnOnDone { get; init; } = true;

    /// <summary>Continues both values beyond a time limit, which is no end of the task (the released code: off).</summary>
    [Group("Loss")]
    public bool BootstrapOnTruncation { get; init; }

    /// <summary>Kind of network; auto takes convolutions for grids and fully connected layers for vectors.</summary>
    [Group("Network")]
    public NetworkKind Network { get; init; } = NetworkKind.Auto;

    /// <summary>Units of each hidden layer of fully connected networks (the released code: 64, 64).</summary>
    [Range(1, 65536), Unit("units"), Group("Network")]
    public int[] HiddenSizes { get; init; } = [64, 64];

    /// <summary>After each hidden layer of fully connected networks (the released code: tanh).</summary>
    [Group("Network")]
    public Activation Activation { get; init; } = Activation.Tanh;

    /// <summary>
    /// Policy and mixed value share all layers but the last, and so do learned reward and extrinsic value where actions are discrete; networks
    /// with convolutions always do (MuJoCo: separate, Atari: shared).
    /// </summary>
    [Group("Network")]
    public bool SharedNetwork { get; init; }

    /// <summary>Who computes gradients; the choice changes speed, and results by rounding only.</summary>
    [Group("Network")]
    public GradientEngine Gradients { get; init; } = GradientEngine.Auto;
}

/// <summary>
/// Learning intrinsic rewards for policy gradient (Zheng, Oh and Singh 2018, "On Learning Intrinsic Rewards for Policy Gradient Methods",
/// algorithm 1) in the form of the code its authors released: the policy climbs a mixture of extrinsic and learned reward by PPO or A2C, and
/// the learned reward climbs what the policy's step did to the extrinsic return. Deviations from paper and code, and the numbers below, are in
/// docs/algorithms/lirpg.md.
/// </summary>
public sealed class Lirpg : IAlgorithm
{
    private readonly LirpgConfig config;
    private readonly bool ppo;
    private readonly long totalSteps, totalUpdates;
    private readonly Experience experience;
    private readonly ActorCritic network, next;
    private readonly RewardNetwork reward;
    private readonly IOptimizer optimizer;
    private readonly OptimizerState optimizerState, rewardOptimizerState;
    private readonly Rollout rollout;
    private readonly Minibatch minibatch;
    private readonly EpisodeLog episodes = new();
    private readonly RewardLog paid;
    private readonly int[] everyRow;
    private readonly NeededSteps needed;
    // One value per step of the rollout.
    private readonly float[] intrinsic, mixed, beyond, extrinsicBeyond, extrinsicValues, extrinsicAdvantages, extrinsicReturns;
    // One per step that a minibatch needs.
    private readonly float[] neededIntrinsic, neededRewards, neededValues, neededAdvantages, neededReturns, rewardGradient;
    // One per sample of the minibatch.
    private readonly float[] nlp, nlpGradient, valueGradient, nextNlp, nextNlpGradient, rawAdvantages, outerAdvantages, outerReturns;
    private readonly float[] oldOuterValues, outerValues, outerValueGradient, nlpTangent, valueTangent, advantageGradient;
    // One per parameter of policy and value.
    private readonly float[] innerGradient, direction;
    private readonly double[] episodeIntrinsic;
    private Rng actionRng, shuffleRng;
    private long updates;

    /// <summary>Makes networks and environments.</summary>
    /// <param name="config">Hyper-parameters.</param>
    /// <param name="setup">World, budget, randomness and device.</param>
    public Lirpg(LirpgConfig config, TrainingSetup setup)
    {
        this.config = config;
        ppo = config.Optimizer == LirpgOptimizer.Ppo;
        var spec = setup.Environments.Spec;
        (actionRng, shuffleRng) = (setup.Rng.Split("actions"), setup.Rng.Split("minibatches"));
        experience = new Experience(
            new EnvironmentBatch(setup.Environments, config.Environments, setup.Rng.Split("environments"), config.Threads),
            config.NormaliseObservations ? new ObservationNormaliser(spec.Observation.Size, config.ObservationClip) : null,
            config.NormaliseRewards ? new RewardNormaliser(config.Environments, config.Gamma, config.RewardClip, config.ResetReturnOnDone) : null);
        rollout = new Rollout(spec, config.Environments, config.StepsPerRollout);
        var rows = ppo ? rollout.Rows / config.Minibatches : rollout.Rows;
        minibatch = new Minibatch(rollout, rows);
        (totalSteps, totalUpdates) = (setup.Steps, Math.Max(1, setup.Steps / rollout.Rows));
        var shape = new ActorCriticShape(spec.Observation.Shape, (spec.Action as Discrete)?.Count ?? spec.Action.Size, spec.Action is Box)
        {
            Network = config.Network,
            Hidden = config.HiddenSizes,
            Activation = config.Activation,
            Shared = config.SharedNetwork,
        };
        // The reward's randomness is its own: the policy starts as that of plain PPO or A2C with this seed does.
        network = new ActorCritic(shape, Math.Max(rows, config.Environments), setup.Rng.Split("policy-init"), setup.Device, config.Gradients);
        next = new ActorCritic(shape, rows, setup.Rng.Split("policy-init"), setup.Device, config.Gradients);
        reward = new RewardNetwork(shape, rollout.Rows, setup.Rng.Split("reward-init"), setup.Device, config.Gradients);
        optimizer = ppo
            ? new Adam(config.AdamEpsilon, config.AdamEpsilonStyle, constantSquare: true)
            : new RmsProp(config.RmspropDecay, config.AdamEpsilon, config.AdamEpsilonStyle);
        (optimizerState, rewardOptimizerState) = (optimizer.Initial(network.Parameters), optimizer.Initial(reward.Parameters));
        Policy = new GreedyPolicy(network, experience);
        paid = new RewardLog(spec, config.Environments);
        Traces = [new StepTrace(LirpgFigures.TraceName, LirpgFigures.TraceMeaning, (observation, action, _) => reward.Of(experience.Seen(observation), action))];
        everyRow = [.. Enumerable.Range(0, rollout.Rows)];
        needed = new NeededSteps(config.Environments, rollout.Rows);
        (intrinsic, mixed, beyond, extrinsicBeyond) = (PerStep(), PerStep(), PerStep(), PerStep());
        (extrinsicValues, extrinsicAdvantages, extrinsicReturns) = (PerStep(), PerStep(), PerStep());
        (neededIntrinsic, neededRewards, neededValues) = (PerStep(), PerStep(), PerStep());
        (neededAdvantages, neededReturns, rewardGradient) = (PerStep(), PerStep(), PerStep());
        (nlp, nlpGradient, valueGradient) = (new float[rows], new float[rows], new float[rows]);
        (nextNlp, nextNlpGradient) = (new float[rows], new float[rows]);
        (rawAdvantages, outerAdvantages, outerReturns) = (new float[rows], new float[rows], new float[rows]);
        (oldOuterValues, outerValues, outerValueGradient) = (new float[rows], new float[rows], new float[rows]);
        (nlpTangent, valueTangent, advantageGradient) = (new float[rows], new float[rows], new float[rows]);
        var parameters = network.Parameters.numel();
        (innerGradient, direction) = (new float[parameters], new float[parameters]);
        episodeIntrinsic = new double[config.Environments];
    }

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    /// <inheritdoc/>
    public IReadOnlyList<StepTrace> Traces { get; }

    /// <summary>The parameters θ of policy and mixed value function, flat.</summary>
    public TorchSharp.torch.Tensor Parameters => network.Parameters;

    /// <summary>The parameters η of learned reward and extrinsic value function, flat.</summary>
    public TorchSharp.torch.Tensor RewardParameters => reward.Parameters;

    /// <inheritdoc/>
    public Progress Update()
    {
        var points = new List<MetricValue>();
        var begun = experience.Batch.Steps;

        // 1-2: act.
        rollout.Collect(
            experience, network, actionRng, episode => episodes.Add(episode, points), keepTruncations: config.BootstrapOnTruncation);
        var steps = experience.Batch.Steps;
        var means = new MetricMeans(steps);

        // 3: what the steps were worth extrinsically, and what the reward network made of them.
        reward.Show(rollout.Observations, rollout.Actions);
        reward.Forward(everyRow, everyRow, intrinsic, extrinsicValues);
        ReportRewards(begun, means, points);
        paid.Add(rollout, intrinsic, points);
        LookBeyondTimeLimits();
        EstimateExtrinsic();
        needed.Show(rollout.Ended);

        // 4-13: improve policy and reward together.
        var learningRate = ScheduledRate(config.LearningRateSchedule, config.LearningRate, steps);
        var rewardLearningRate = ScheduledRate(config.RewardLearningRateSchedule, config.RewardLearningRate, steps);
        var clipRange = ppo ? (float)config.ClipRangeSchedule.At(config.ClipRange, updates, totalUpdates) : float.PositiveInfinity;
        for (var epoch = 0; epoch < (ppo ? config.Epochs : 1); epoch++)
        {
            if (ppo)
                minibatch.Shuffle(shuffleRng);
            else
                minibatch.InOrder();
            for (var part = 0; part < (ppo ? config.Minibatches : 1); part++)
                Improve(part, learningRate, rewardLearningRate, clipRange, means);
        }
        updates++;
        EstimateMixed();
        means.Add(Metrics.ParameterNorm, network.ParameterNorm());
        means.Add(Metrics.RewardParameterNorm, reward.ParameterNorm());
        episodes.Summarise(steps, points);
        means.Report(points);
        points.AddDefined(Metrics.ExplainedVariance, steps, Returns.ExplainedVariance(rollout.Values, rollout.Returns));
        points.AddDefined(Metrics.ExtrinsicExplainedVariance, steps, Returns.ExplainedVariance(extrinsicValues, extrinsicReturns));
        points.Add(new(Metrics.LearningRate, steps, learningRate));
        return new Progress(steps, episodes.Count, points);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Figure> Figures() =>
        [.. LirpgFigures.Of(paid, reward.Of, network, rollout, experience), .. RolloutFigures.Of(rollout, network, experience)];

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        writer.Write(updates);
        writer.WriteTensor(network.Parameters);
        writer.WriteTensor(reward.Parameters);
        writer.Write(optimizerState);
        writer.Write(rewardOptimizerState);
        writer.Write<double>(episodeIntrinsic);
        experience.Save(writer);
        episodes.Save(writer);
        actionRng.Save(writer);
        shuffleRng.Save(writer);
        paid.Save(writer);
    }

    /// <inheritdoc/>
    public void Load(CheckpointReader reader)
    {
        updates = reader.ReadInt64();
        reader.ReadInto(network.Parameters);
        network.ParametersChanged();
        reader.ReadInto(reward.Parameters);
        reward.ParametersChanged();
        reader.ReadInto(optimizerState);
        reader.ReadInto(rewardOptimizerState);
        reader.ReadInto<double>(episodeIntrinsic);
        experience.Load(reader);
        episodes.Load(reader);
        (actionRng, shuffleRng) = (Rng.Load(reader), Rng.Load(reader));
        paid.Load(reader);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        experience.Dispose();
        network.Dispose();
        next.Dispose();
        reward.Dispose();
        optimizerState.Dispose();
        rewardOptimizerState.Dispose();
    }

    /// <summary>Lines 5 to 13: one step of the policy and one of the reward, both from the parameters before.</summary>
    private void Improve(int part, double learningRate, double rewardLearningRate, float clipRange, MetricMeans means)
    {
        var valueClip = ppo && config.ValueClip ? clipRange : float.PositiveInfinity;

        // 5: rewards under the present η, and the advantages they give to the policy.
        needed.Choose(minibatch.RowsOf(part));
        reward.Forward(needed.Rows, minibatch.RowsOf(part), neededIntrinsic, outerValues);
        EstimateNeeded();
        minibatch.Gather(part);
        minibatch.Advantages.CopyTo(rawAdvantages, 0);
        if (ppo && config.NormaliseAdvantages)
            PolicyGradients.Normalise<float>(minibatch.Advantages);

        // 6: the inner loss and its gradient.
        network.Forward(minibatch.Observations, nlp.Length);
        var entropy = network.Evaluate(minibatch.Actions, nlp);
        if (ppo)
        {
            var inner = PolicyGradients.ClippedSurrogate(nlp, minibatch.NegativeLogProbabilities, minibatch.Advantages, clipRange, nlpGradient);
            means.Add(Metrics.PolicyLoss, inner.Loss);
            means.Add(Metrics.ApproximateKl, inner.ApproximateKl);
            means.Add(Metrics.ClipFraction, inner.ClipFraction);
        }
        else
            means.Add(Metrics.PolicyLoss, PolicyGradients.Plain<float>(nlp, minibatch.Advantages, nlpGradient));
        means.Add(Metrics.ValueLoss, PolicyGradients.ClippedValueLoss(network.Values, minibatch.Values, minibatch.Returns, valueClip, valueGradient));
        means.Add(Metrics.Entropy, entropy);
        FlatMemory.Scale(valueGradient, (float)config.ValueCoefficient);
        network.Backward(minibatch.Actions, nlpGradient, (float)-config.EntropyCoefficient, valueGradient);
        var innerNorm = GlobalNorm.ClipInPlace(network.Gradient, config.MaximumGradientNorm);
        means.Add(Metrics.GradientNorm, innerNorm);

        // 7: extrinsic advantages, which η does not change.
        GatherExtrinsic(minibatch.RowsOf(part));
        // A2C's ratio compares with the policy before the step, PPO's with the one that acted.
        var denominators = ppo ? minibatch.NegativeLogProbabilities : nlp;
        if (config.MetaGradient == MetaGradientRoute.DoubleBackpropagation)
            DifferentiateTwice(learningRate, clipRange, valueClip);

        // 8: the policy's step, kept apart until the reward has taken its own.
        FlatMemory.Copy(network.Parameters, next.Parameters);
        optimizer.StepInPlace(next.Parameters, network.Gradient, optimizerState, learningRate);
        next.ParametersChanged();

        // 9: the extrinsic loss after that step, and its gradient there.
        next.ForwardPolicy(minibatch.Observations, nlp.Length);
        next.Evaluate(minibatch.Actions, nextNlp);
        var outer = PolicyGradients.ClippedSurrogate(nextNlp, denominators, outerAdvantages, clipRange, nextNlpGradient);
        means.Add(Metrics.MetaLoss, outer.Loss);
        means.Add(Metrics.MetaRatioClipFraction, outer.ClipFraction);
        next.Backward(minibatch.Actions, nextNlpGradient, 0, []);
        FlatMemory.CopyFrom(network.Gradient, innerGradient);
        FlatMemory.CopyFrom(next.Gradient, direction);
        means.Add(Metrics.MetaGradientCosine, MetaGradients.CosineWhereTouched(innerGradient, direction));

        // 10: back through the step and the clip to a direction w of θ, then along w to every sample's advantage.
        if (config.MetaGradient == MetaGradientRoute.FirstOrder)
        {
            optimizer.Backward(optimizerState, innerGradient, learningRate, direction, direction);
            MetaGradients.ThroughClip<float>(direction, innerGradient, innerNorm, config.MaximumGradientNorm);
            network.Tangent(minibatch.Actions, direction, nlpTangent, valueTangent);
            MetaGradients.OfSurrogate<float>(nlp, denominators, minibatch.Advantages, clipRange, nlpTangent, advantageGradient);
            if (ppo && config.NormaliseAdvantages)
                MetaGradients.ThroughNormalise<float>(rawAdvantages, advantageGradient);
            MetaGradients.AddOfValueLoss<float>(
                network.Values, minibatch.Values, minibatch.Returns, valueClip, (float)config.ValueCoefficient, valueTangent, advantageGradient);
        }

        // 11: from the advantages to the rewards, and with the extrinsic value loss into η.
        SpreadOverRewards(part);
        means.Add(Metrics.ExtrinsicValueLoss, PolicyGradients.ClippedValueLoss(
            outerValues, oldOuterValues, outerReturns, valueClip, outerValueGradient));
        FlatMemory.Scale(outerValueGradient, (float)config.ExtrinsicValueCoefficient);
        reward.Backward(rewardGradient.AsSpan(0, needed.Rows.Length), outerValueGradient);
        means.Add(Metrics.MetaGradientNorm, reward.RewardGradientNorm());

        // 12-13: both steps.
        means.Add(Metrics.RewardGradientNorm, GlobalNorm.ClipInPlace(reward.Gradient, config.RewardMaximumGradientNorm));
        optimizer.StepInPlace(reward.Parameters, reward.Gradient, rewardOptimizerState, rewardLearningRate);
        reward.ParametersChanged();
        FlatMemory.Copy(next.Parameters, network.Parameters);
        network.ParametersChanged();
    }

    private void EstimateExtrinsic()
    {
        var nextValues = new float[config.Environments];
        reward.Values(experience.Observations.ToArray(), nextValues);
        for (var row = 0; row < rollout.Rows; row++)
            mixed[row] = rollout.Rewards[row] + extrinsicBeyond[row];
        Estimate(extrinsicValues, nextValues, extrinsicAdvantages, extrinsicReturns);
    }

    // Of every step, with the rewards that were last computed.
    private void EstimateMixed()
    {
        for (var row = 0; row < rollout.Rows; row++)
            mixed[row] = MixedReward(row);
        Estimate(rollout.Values, rollout.NextValues, rollout.Advantages, rollout.Returns);
    }

    // Advantages and targets of the rewards in `mixed`, as plain PPO or A2C computes them, in the same order of operations.
    private void Estimate(float[] values, float[] nextValues, float[] advantages, float[] returns) =>
        Estimate(mixed, values, rollout.Ended, nextValues, advantages, returns);

    private void Estimate(
        ReadOnlySpan<float> rewards, ReadOnlySpan<float> values, ReadOnlySpan<bool> ended, float[] nextValues, Span<float> advantages, Span<float> returns)
    {
        if (ppo)
        {
            Returns.GeneralizedAdvantages(rewards, values, ended, nextValues, (float)config.Gamma, (float)config.GaeLambda, advantages);
            for (var row = 0; row < returns.Length; row++)
                returns[row] = advantages[row] + values[row];
            return;
        }
        Returns.NStep(rewards, ended, nextValues, (float)config.Gamma, returns);
        for (var row = 0; row < returns.Length; row++)
            advantages[row] = returns[row] - values[row];
    }

    // Of the steps that the minibatch needs. They are as one environment's: the value that follows a rollout's last step is part of its reward.
    private void EstimateNeeded()
    {
        var rows = needed.Rows;
        var gamma = (float)config.Gamma;
        for (var i = 0; i < rows.Length; i++)
        {
            var row = rows[i];
            intrinsic[row] = neededIntrinsic[i];
            neededRewards[i] = MixedReward(row);
            neededValues[i] = rollout.Values[row];
            if (row >= rollout.Rows - config.Environments && !rollout.Ended[row])
                neededRewards[i] += gamma * rollout.NextValues[row % config.Environments];
        }
        var advantages = neededAdvantages.AsSpan(0, rows.Length);
        var returns = neededReturns.AsSpan(0, rows.Length);
        Estimate(neededRewards.AsSpan(0, rows.Length), neededValues.AsSpan(0, rows.Length), needed.Ended, [0], advantages, returns);
        for (var i = 0; i < rows.Length; i++)
            (rollout.Advantages[rows[i]], rollout.Returns[rows[i]]) = (advantages[i], returns[i]);
    }

    private float MixedReward(int row) =>
        (float)config.ExtrinsicCoefficient * rollout.Rewards[row] + (float)config.IntrinsicCoefficient * intrinsic[row] + beyond[row];

    // Where time limits are no ends, each value function adds its own estimate of what would have followed.
    private void LookBeyondTimeLimits()
    {
        Array.Clear(beyond);
        Array.Clear(extrinsicBeyond);
        Span<float> value = [0f];
        foreach (var truncation in rollout.Truncations)
        {
            network.Forward(truncation.Observation, 1);
            beyond[truncation.Row] = (float)(config.Gamma * network.Values[0]);
            reward.Values(truncation.Observation, value);
            extrinsicBeyond[truncation.Row] = (float)(config.Gamma * value[0]);
        }
    }

    private void GatherExtrinsic(ReadOnlySpan<int> rows)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            outerAdvantages[i] = extrinsicAdvantages[rows[i]];
            outerReturns[i] = extrinsicReturns[rows[i]];
            oldOuterValues[i] = extrinsicValues[rows[i]];
        }
        if (ppo && config.NormaliseAdvantages)
            PolicyGradients.Normalise<float>(outerAdvantages);
    }

    // dL/dA of the minibatch becomes dL/dr of the steps needed.
    private void SpreadOverRewards(int part)
    {
        var gradient = rewardGradient.AsSpan(0, needed.Rows.Length);
        gradient.Clear();
        var rows = minibatch.RowsOf(part);
        for (var i = 0; i < rows.Length; i++)
            gradient[needed.PlaceOf(rows[i])] = advantageGradient[i];
        MetaGradients.ThroughReturns(gradient, needed.Ended, 1, (float)(ppo ? config.Gamma * config.GaeLambda : config.Gamma));
        FlatMemory.Scale(gradient, (float)config.IntrinsicCoefficient);
    }

    private void DifferentiateTwice(double learningRate, float clipRange, float valueClip)
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        var device = network.Parameters.device;
        TorchSharp.torch.Tensor Column(float[] values) => FlatMemory.ToTensor(values, [values.Length], device);
        var (rows, actionSize) = (nlp.Length, rollout.ActionSize);
        var batch = new LirpgBatch(
            FlatMemory.ToTensor(minibatch.Observations, [rows, rollout.ObservationSize], device),
            network.Continuous
                ? FlatMemory.ToTensor(minibatch.Actions, [rows, actionSize], device)
                : Column(minibatch.Actions).to(TorchSharp.torch.ScalarType.Int64),
            Column(minibatch.NegativeLogProbabilities), Column(minibatch.Values), Column(outerAdvantages));
        var advantages = Column(rawAdvantages).requires_grad_(true);
        var loss = LirpgGraph.OuterLoss(
            config, network, optimizer, network.Parameters, optimizerState, learningRate, clipRange, valueClip, batch, advantages);
        using var gradient = FlatMemory.Held(TorchSharp.torch.autograd.grad([loss], [advantages])[0]);
        FlatMemory.Of(gradient).CopyTo(advantageGradient);
    }

    private void ReportRewards(long begun, MetricMeans means, List<MetricValue> points)
    {
        double intrinsicSum = 0, extrinsicSum = 0;
        for (var row = 0; row < rollout.Rows; row++)
        {
            intrinsicSum += intrinsic[row];
            extrinsicSum += rollout.Rewards[row];
            ref var sum = ref episodeIntrinsic[row % config.Environments];
            sum += intrinsic[row];
            if (!rollout.Ended[row])
                continue;
            points.Add(new(Metrics.IntrinsicReturn, begun + row + 1, sum));
            sum = 0;
        }
        means.Add(Metrics.IntrinsicReward, intrinsicSum / rollout.Rows);
        means.Add(Metrics.ExtrinsicReward, extrinsicSum / rollout.Rows);
    }

    private double ScheduledRate(Schedule schedule, double initial, long steps) =>
        ppo ? schedule.At(initial, updates, totalUpdates) : schedule.At(initial, steps - 1, totalSteps);

    private float[] PerStep() => new float[rollout.Rows];
}
