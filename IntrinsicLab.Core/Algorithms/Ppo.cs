using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Optimizers;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Hyper-parameters of <see cref="Ppo"/>.</summary>
public sealed record PpoConfig
{
    /// <summary>Environments stepped together (Baselines: 1 for MuJoCo, 8 for Atari; CleanRL: 4).</summary>
    [Range(1, 4096), Unit("environments"), Group("Rollout")]
    public int Environments { get; init; } = 4;

    /// <summary>Steps of each environment per update, T in the paper (Baselines: 2048 for MuJoCo, 128 for Atari).</summary>
    [Range(1, 1_000_000), Unit("steps"), Group("Rollout")]
    public int StepsPerRollout { get; init; } = 128;

    /// <summary>Threads that step the environments; results do not depend on it.</summary>
    [Range(1, 256), Unit("threads"), Group("Rollout")]
    public int Threads { get; init; } = 1;

    /// <summary>Passes over each rollout, K in the paper (10 for MuJoCo, 3 or 4 for Atari).</summary>
    [Range(1, 1000), Unit("epochs"), Group("Optimiser")]
    public int Epochs { get; init; } = 4;

    /// <summary>Equal parts each pass is cut into, one gradient step each (Baselines: 32 for MuJoCo, 4 for Atari).</summary>
    [Range(1, 1_000_000), Unit("minibatches"), Group("Optimiser")]
    public int Minibatches { get; init; } = 4;

    /// <summary>Step size α (Table 3 of the paper and Baselines: 3e-4 for MuJoCo, 2.5e-4 for Atari).</summary>
    [Range(0.0, 1000.0), Group("Optimiser")]
    public double LearningRate { get; init; } = 2.5e-4;

    /// <summary>Whether the step size falls to zero over the run (Baselines: linear; the LIRPG fork: constant).</summary>
    [Group("Optimiser")]
    public Schedule LearningRateSchedule { get; init; } = Schedule.Linear;

    /// <summary>Gradients longer than this are shortened to it, over all parameters together; 0 turns it off (Baselines: 0.5).</summary>
    [Range(0.0, 1e6), Group("Optimiser")]
    public double MaximumGradientNorm { get; init; } = 0.5;

    /// <summary>Rule that turns gradients into steps (the paper: Adam).</summary>
    [Group("Optimiser")]
    public OptimizerKind Optimizer { get; init; } = OptimizerKind.Adam;

    /// <summary>ε that keeps Adam (or RMSProp) from dividing by zero (Baselines: 1e-5, not Adam's published 1e-8).</summary>
    [Range(0.0, 1.0), Group("Optimiser")]
    public double AdamEpsilon { get; init; } = 1e-5;

    /// <summary>Where ε is added: as TensorFlow and Baselines do, or as PyTorch and CleanRL do.</summary>
    [Group("Optimiser")]
    public EpsilonStyle AdamEpsilonStyle { get; init; } = EpsilonStyle.Pytorch;

    /// <summary>Passes stop early once the mean approximate KL divergence of one exceeds this; 0 turns it off (Baselines has none).</summary>
    [Range(0.0, 100.0), Unit("nats"), Group("Optimiser")]
    public double TargetKl { get; init; }

    /// <summary>Discount γ per step (Table 3 of the paper: 0.99).</summary>
    [Range(0.0, 1.0), Group("Loss")]
    public double Gamma { get; init; } = 0.99;

    /// <summary>Trace decay λ of generalised advantages (Table 3 of the paper: 0.95).</summary>
    [Range(0.0, 1.0), Group("Loss")]
    public double GaeLambda { get; init; } = 0.95;

    /// <summary>Clip range ε of the probability ratio, and of value changes (MuJoCo: 0.2, Atari: 0.1).</summary>
    [Range(0.0, 10.0, MinimumIsExclusive = true), Group("Loss")]
    public double ClipRange { get; init; } = 0.2;

    /// <summary>Whether the clip range falls to zero over the run (the paper and the LIRPG fork do so on Atari).</summary>
    [Group("Loss")]
    public Schedule ClipRangeSchedule { get; init; } = Schedule.Constant;

    /// <summary>Weight of the entropy bonus, c₂ in the paper (MuJoCo: 0, Atari: 0.01).</summary>
    [Range(0.0, 10.0), Group("Loss")]
    public double EntropyCoefficient { get; init; } = 0.01;

    /// <summary>Weight of the value loss (which holds a ½ of its own), c₁ in the paper (Baselines: 0.5).</summary>
    [Range(0.0, 100.0), Group("Loss")]
    public double ValueCoefficient { get; init; } = 0.5;

    /// <summary>Limits value changes to the clip range (Baselines does; the paper does not tell).</summary>
    [Group("Loss")]
    public bool ValueClip { get; init; } = true;

    /// <summary>Over what advantages are brought to mean 0 and deviation 1 (Baselines: each minibatch).</summary>
    [Group("Normalisation")]
    public AdvantageNormalisation NormaliseAdvantages { get; init; } = AdvantageNormalisation.Minibatch;

    /// <summary>Brings observations to running mean 0 and deviation 1 (Baselines: on MuJoCo).</summary>
    [Group("Normalisation")]
    public bool NormaliseObservations { get; init; }

    /// <summary>Divides rewards by the running deviation of their discounted sum (Baselines: on MuJoCo).</summary>
    [Group("Normalisation")]
    public bool NormaliseRewards { get; init; }

    /// <summary>Largest absolute value of a normalised observation (Baselines: 10).</summary>
    [Range(0.0, 1e6, MinimumIsExclusive = true), Group("Normalisation")]
    public double ObservationClip { get; init; } = 10;

    /// <summary>Largest absolute value of a normalised reward (Baselines: 10).</summary>
    [Range(0.0, 1e6, MinimumIsExclusive = true), Group("Normalisation")]
    public double RewardClip { get; init; } = 10;

    /// <summary>Starts the discounted sum anew with each episode (Baselines since 2018; off in the LIRPG fork).</summary>
    [Group("Normalisation")]
    public bool ResetReturnOnDone { get; init; } = true;

    /// <summary>
    /// Constant added to the reward of every step that the learner sees, after normalising and delaying, never to scores: the baseline with a
    /// reward for staying alive (Zheng, Oh and Singh 2018: the best of 0.001, 0.01, 0.1 and 1 per task).
    /// </summary>
    [Range(-1000.0, 1000.0), Group("Normalisation")]
    public double LiveBonus { get; init; }

    /// <summary>Continues the value beyond a time limit, which is no end of the task (Baselines and CleanRL: off).</summary>
    [Group("Loss")]
    public bool BootstrapOnTruncation { get; init; }

    /// <summary>Kind of network; auto takes convolutions for grids and fully connected layers for vectors.</summary>
    [Group("Network")]
    public NetworkKind Network { get; init; } = NetworkKind.Auto;

    /// <summary>Units of each hidden layer of fully connected networks (section 6.1 of the paper: 64, 64).</summary>
    [Range(1, 65536), Unit("units"), Group("Network")]
    public int[] HiddenSizes { get; init; } = [64, 64];

    /// <summary>After each hidden layer of fully connected networks (section 6.1 of the paper: tanh).</summary>
    [Group("Network")]
    public Activation Activation { get; init; } = Activation.Tanh;

    /// <summary>Policy and value share all layers but the last; networks with convolutions always do (MuJoCo: separate, Atari: shared).</summary>
    [Group("Network")]
    public bool SharedNetwork { get; init; }

    /// <summary>Who computes gradients; the choice changes speed, and results by rounding only.</summary>
    [Group("Network")]
    public GradientEngine Gradients { get; init; } = GradientEngine.Auto;
}

/// <summary>
/// Proximal policy optimisation with a clipped objective (Schulman, Wolski, Dhariwal, Radford and Klimov 2017, "Proximal Policy
/// Optimization Algorithms", algorithm 1), in the form of the OpenAI Baselines code, whose details matter as much as the objective
/// (Huang et al. 2022, "The 37 Implementation Details of Proximal Policy Optimization"). Numbers refer to the pseudo-code in
/// docs/algorithms/ppo.md.
/// </summary>
public sealed class Ppo : IAlgorithm
{
    private readonly PpoConfig config;
    private readonly long totalUpdates;
    private readonly Experience experience;
    private readonly ActorCritic network;
    private readonly IOptimizer optimizer;
    private readonly OptimizerState optimizerState;
    private readonly Rollout rollout;
    private readonly Minibatch minibatch;
    private readonly EpisodeLog episodes = new();
    private readonly float[] nlp, nlpGradient, valueGradient;
    private Rng actionRng, shuffleRng;
    private long updates;

    /// <summary>Makes networks and environments.</summary>
    /// <param name="config">Hyper-parameters.</param>
    /// <param name="setup">World, budget, randomness and device.</param>
    public Ppo(PpoConfig config, TrainingSetup setup)
    {
        this.config = config;
        var spec = setup.Environments.Spec;
        (actionRng, shuffleRng) = (setup.Rng.Split("actions"), setup.Rng.Split("minibatches"));
        experience = new Experience(
            new EnvironmentBatch(setup.Environments, config.Environments, setup.Rng.Split("environments"), config.Threads),
            config.NormaliseObservations ? new ObservationNormaliser(spec.Observation.Size, config.ObservationClip) : null,
            config.NormaliseRewards ? new RewardNormaliser(config.Environments, config.Gamma, config.RewardClip, config.ResetReturnOnDone) : null,
            config.LiveBonus);
        rollout = new Rollout(spec, config.Environments, config.StepsPerRollout);
        var rows = rollout.Rows / config.Minibatches;
        minibatch = new Minibatch(rollout, rows);
        (nlp, nlpGradient, valueGradient) = (new float[rows], new float[rows], new float[rows]);
        totalUpdates = Math.Max(1, setup.Steps / rollout.Rows);
        var shape = new ActorCriticShape(spec.Observation.Shape, (spec.Action as Discrete)?.Count ?? spec.Action.Size, spec.Action is Box)
        {
            Network = config.Network,
            Hidden = config.HiddenSizes,
            Activation = config.Activation,
            Shared = config.SharedNetwork,
        };
        network = new ActorCritic(shape, Math.Max(rows, config.Environments), setup.Rng.Split("policy-init"), setup.Device, config.Gradients);
        optimizer = config.Optimizer == OptimizerKind.Adam
            ? new Adam(config.AdamEpsilon, config.AdamEpsilonStyle)
            : new RmsProp(epsilon: config.AdamEpsilon, style: config.AdamEpsilonStyle);
        optimizerState = optimizer.Initial(network.Parameters);
        Policy = new GreedyPolicy(network, experience);
    }

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    /// <summary>The policy's and value function's parameters, flat.</summary>
    public TorchSharp.torch.Tensor Parameters => network.Parameters;

    /// <inheritdoc/>
    public Progress Update()
    {
        var points = new List<MetricValue>();
        var learningRate = config.LearningRateSchedule.At(config.LearningRate, updates, totalUpdates);
        var clipRange = (float)config.ClipRangeSchedule.At(config.ClipRange, updates, totalUpdates);

        // 1-2: act.
        rollout.Collect(experience, network, actionRng, episode => episodes.Add(episode, points), config.BootstrapOnTruncation ? config.Gamma : 0);
        var steps = experience.Batch.Steps;

        // 3: advantages and targets, as the values were when acting.
        Returns.GeneralizedAdvantages<float>(
            rollout.Rewards, rollout.Values, rollout.Ended, rollout.NextValues, (float)config.Gamma, (float)config.GaeLambda, rollout.Advantages);
        for (var row = 0; row < rollout.Rows; row++)
            rollout.Returns[row] = rollout.Advantages[row] + rollout.Values[row];
        if (config.NormaliseAdvantages == AdvantageNormalisation.Batch)
            PolicyGradients.Normalise<float>(rollout.Advantages);

        // 4-9: improve.
        var means = new MetricMeans(steps);
        var divergence = 0.0;
        for (var epoch = 0; epoch < config.Epochs && !(config.TargetKl > 0 && divergence > config.TargetKl); epoch++)
        {
            minibatch.Shuffle(shuffleRng);
            divergence = 0;
            for (var index = 0; index < config.Minibatches; index++)
            {
                minibatch.Gather(index);
                divergence += Improve(learningRate, clipRange, means) / config.Minibatches;
            }
        }
        updates++;
        means.Add(Metrics.ParameterNorm, network.ParameterNorm());
        episodes.Summarise(steps, points);
        means.Report(points);
        points.AddDefined(Metrics.ExplainedVariance, steps, Returns.ExplainedVariance(rollout.Values, rollout.Returns));
        points.Add(new(Metrics.LearningRate, steps, learningRate));
        return new Progress(steps, episodes.Count, points);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Figure> Figures() => RolloutFigures.Of(rollout, network, experience);

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        writer.Write(updates);
        writer.WriteTensor(network.Parameters);
        writer.Write(optimizerState);
        experience.Save(writer);
        episodes.Save(writer);
        actionRng.Save(writer);
        shuffleRng.Save(writer);
    }

    /// <inheritdoc/>
    public void Load(CheckpointReader reader)
    {
        updates = reader.ReadInt64();
        reader.ReadInto(network.Parameters);
        network.ParametersChanged();
        reader.ReadInto(optimizerState);
        experience.Load(reader);
        episodes.Load(reader);
        (actionRng, shuffleRng) = (Rng.Load(reader), Rng.Load(reader));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        experience.Dispose();
        network.Dispose();
        optimizerState.Dispose();
    }

    /// <summary>Lines 6 to 9: one gradient step on the minibatch. Returns the approximate divergence from the policy that acted.</summary>
    private double Improve(double learningRate, float clipRange, MetricMeans means)
    {
        if (config.NormaliseAdvantages == AdvantageNormalisation.Minibatch)
            PolicyGradients.Normalise<float>(minibatch.Advantages);

        // 6: the losses, and their gradients with respect to what the networks put out.
        network.Forward(minibatch.Observations, nlp.Length);
        var entropy = network.Evaluate(minibatch.Actions, nlp);
        var surrogate = PolicyGradients.ClippedSurrogate(nlp, minibatch.NegativeLogProbabilities, minibatch.Advantages, clipRange, nlpGradient);
        var valueLoss = PolicyGradients.ClippedValueLoss(
            network.Values, minibatch.Values, minibatch.Returns, config.ValueClip ? clipRange : float.PositiveInfinity, valueGradient);
        means.Add(Metrics.PolicyLoss, surrogate.Loss);
        means.Add(Metrics.ValueLoss, valueLoss);
        means.Add(Metrics.Entropy, entropy);
        means.Add(Metrics.ApproximateKl, surrogate.ApproximateKl);
        means.Add(Metrics.ClipFraction, surrogate.ClipFraction);

        // 7: the gradient of L = surrogate − c₂·entropy + c₁·value loss.
        FlatMemory.Scale(valueGradient, (float)config.ValueCoefficient);
        network.Backward(minibatch.Actions, nlpGradient, (float)-config.EntropyCoefficient, valueGradient);

        // 8-9: clip it and step.
        means.Add(Metrics.GradientNorm, GlobalNorm.ClipInPlace(network.Gradient, config.MaximumGradientNorm));
        optimizer.StepInPlace(network.Parameters, network.Gradient, optimizerState, learningRate);
        network.ParametersChanged();
        return surrogate.ApproximateKl;
    }
}
