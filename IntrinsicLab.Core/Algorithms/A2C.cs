using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Optimizers;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>What a policy remembers.</summary>
public enum PolicyMemory
{
    /// <summary>Nothing: it acts on what it sees.</summary>
    None,

    /// <summary>A layer with long short-term memory, which also reads the last action and the last reward.</summary>
    Lstm,
}

/// <summary>Hyper-parameters of <see cref="A2C"/>, and of <see cref="Unreal"/>: A2C with memory or auxiliary tasks.</summary>
public sealed record A2CConfig
{
    /// <summary>Environments stepped together (Baselines: 16; RL Baselines3 Zoo on cartpole: 8).</summary>
    [Range(1, 4096), Unit("environments"), Group("Rollout")]
    public int Environments { get; init; } = 16;

    /// <summary>Steps of each environment per update, t_max in the paper (5).</summary>
    [Range(1, 1_000_000), Unit("steps"), Group("Rollout")]
    public int StepsPerRollout { get; init; } = 5;

    /// <summary>Threads that step the environments; results do not depend on it.</summary>
    [Range(1, 256), Unit("threads"), Group("Rollout")]
    public int Threads { get; init; } = 1;

    /// <summary>Step size α (Baselines: 7e-4).</summary>
    [Range(0.0, 1000.0), Group("Optimiser")]
    public double LearningRate { get; init; } = 7e-4;

    /// <summary>Whether the step size falls to zero over the run (Baselines: linear).</summary>
    [Group("Optimiser")]
    public Schedule LearningRateSchedule { get; init; } = Schedule.Linear;

    /// <summary>Gradients longer than this are shortened to it, over all parameters together; 0 turns it off (Baselines: 0.5).</summary>
    [Range(0.0, 1e6), Group("Optimiser")]
    public double MaximumGradientNorm { get; init; } = 0.5;

    /// <summary>How slowly RMSProp forgets squared gradients (the paper and Baselines: 0.99).</summary>
    [Range(0.0, 1.0), Group("Optimiser")]
    public double RmspropDecay { get; init; } = 0.99;

    /// <summary>ε that keeps RMSProp from dividing by zero (Baselines: 1e-5).</summary>
    [Range(0.0, 1.0), Group("Optimiser")]
    public double RmspropEpsilon { get; init; } = 1e-5;

    /// <summary>Where ε is added: as TensorFlow and Baselines do, or as PyTorch does, whose first steps are far larger.</summary>
    [Group("Optimiser")]
    public EpsilonStyle RmspropEpsilonStyle { get; init; } = EpsilonStyle.Tensorflow;

    /// <summary>Discount γ per step (0.99).</summary>
    [Range(0.0, 1.0), Group("Loss")]
    public double Gamma { get; init; } = 0.99;

    /// <summary>Weight of the entropy bonus, β in the paper (Atari: 0.01).</summary>
    [Range(0.0, 10.0), Group("Loss")]
    public double EntropyCoefficient { get; init; } = 0.01;

    /// <summary>Weight of the value loss (Baselines: 0.5).</summary>
    [Range(0.0, 100.0), Group("Loss")]
    public double ValueCoefficient { get; init; } = 0.5;

    /// <summary>The value loss is half the squared error, as in the LIRPG fork; off, it is the whole, as in final Baselines.</summary>
    [Group("Loss")]
    public bool ValueLossHalf { get; init; } = true;

    /// <summary>Continues the value beyond a time limit, which is no end of the task (Baselines: off).</summary>
    [Group("Loss")]
    public bool BootstrapOnTruncation { get; init; }

    /// <summary>Brings observations to running mean 0 and deviation 1.</summary>
    [Group("Normalisation")]
    public bool NormaliseObservations { get; init; }

    /// <summary>Divides rewards by the running deviation of their discounted sum.</summary>
    [Group("Normalisation")]
    public bool NormaliseRewards { get; init; }

    /// <summary>
    /// Constant added to the reward of every step that the learner sees, after normalising and delaying, never to scores: the baseline with a
    /// reward for staying alive (Zheng, Oh and Singh 2018: 0.01 on every Atari game).
    /// </summary>
    [Range(-1000.0, 1000.0), Group("Normalisation")]
    public double LiveBonus { get; init; }

    /// <summary>Kind of network; auto takes convolutions for grids and fully connected layers for vectors.</summary>
    [Group("Network")]
    public NetworkKind Network { get; init; } = NetworkKind.Auto;

    /// <summary>Units of each hidden layer of fully connected networks.</summary>
    [Range(1, 65536), Unit("units"), Group("Network")]
    public int[] HiddenSizes { get; init; } = [64, 64];

    /// <summary>After each hidden layer of fully connected networks.</summary>
    [Group("Network")]
    public Activation Activation { get; init; } = Activation.Tanh;

    /// <summary>Policy and value share all layers but the last; networks with convolutions always do (Atari: shared).</summary>
    [Group("Network")]
    public bool SharedNetwork { get; init; }

    /// <summary>Who computes gradients; the choice changes speed, and results by rounding only.</summary>
    [Group("Network")]
    public GradientEngine Gradients { get; init; } = GradientEngine.Auto;

    /// <summary>What the policy remembers within an episode. With memory, policy and value share all layers but the last.</summary>
    [Group("Memory")]
    public PolicyMemory Memory { get; init; } = PolicyMemory.None;

    /// <summary>Units of the memory (UNREAL: 256).</summary>
    [Range(1, 4096), Unit("units"), Group("Memory")]
    public int MemoryUnits { get; init; } = 128;

    /// <summary>
    /// Weight of learning to change the picture, square by square, or each feature of a vector; 0 turns it off (UNREAL: 0.01 to 0.1 in mazes, 0.0001
    /// to 0.01 on Atari).
    /// </summary>
    [Range(0.0, 1000.0), Group("Auxiliary tasks")]
    public double PixelControl { get; init; }

    /// <summary>Weight of learning to change each feature that the network has found itself; 0 turns it off.</summary>
    [Range(0.0, 1000.0), Group("Auxiliary tasks")]
    public double FeatureControl { get; init; }

    /// <summary>Weight of predicting from three observations whether the next step pays, costs or neither; 0 turns it off (UNREAL: 1).</summary>
    [Range(0.0, 1000.0), Group("Auxiliary tasks")]
    public double RewardPrediction { get; init; }

    /// <summary>Weight of learning values on old sequences too, beside the value loss's own; 0 turns it off (UNREAL: 1).</summary>
    [Range(0.0, 1000.0), Group("Auxiliary tasks")]
    public double ValueReplay { get; init; }

    /// <summary>Discount of pixel and feature control (UNREAL: 0.9).</summary>
    [Range(0.0, 1.0), Group("Auxiliary tasks")]
    public double ControlGamma { get; init; } = 0.9;

    /// <summary>Rows and columns of a square of pixel control (UNREAL: 4 of 84 × 84; small grids: 2).</summary>
    [Range(1, 64), Unit("places"), Group("Auxiliary tasks")]
    public int PixelControlSide { get; init; } = 2;

    /// <summary>Steps of each environment that auxiliary tasks draw from (UNREAL: 2,000).</summary>
    [Range(4, 10_000_000), Unit("steps"), Group("Auxiliary tasks")]
    public int ReplayLength { get; init; } = 2000;

    /// <summary>Whether there is more to it than <see cref="A2C"/>: a memory or an auxiliary task, which <see cref="Unreal"/> has.</summary>
    internal bool WithMemoryOrTasks => Memory != PolicyMemory.None || WithTasks;

    /// <summary>Whether there is an auxiliary task.</summary>
    internal bool WithTasks => PixelControl > 0 || FeatureControl > 0 || RewardPrediction > 0 || ValueReplay > 0;
}

/// <summary>
/// Synchronous advantage actor-critic (Mnih et al. 2016, "Asynchronous Methods for Deep Reinforcement Learning", algorithm S3, with all
/// environments stepped together) in the form of the OpenAI Baselines code. It is <see cref="Ppo"/> with one epoch, one minibatch, λ = 1
/// and no clipping or normalisation (Huang et al. 2022, "A2C is a special case of PPO"). Numbers refer to docs/algorithms/a2c.md.
/// With a memory or auxiliary tasks <see cref="Unreal"/> runs instead.
/// </summary>
public sealed class A2C : IAlgorithm
{
    private readonly A2CConfig config;
    private readonly long totalSteps;
    private readonly Experience experience;
    private readonly ActorCritic network;
    private readonly RmsProp optimizer;
    private readonly OptimizerState optimizerState;
    private readonly Rollout rollout;
    private readonly EpisodeLog episodes = new();
    private readonly float[] nlp, nlpGradient, valueGradient;
    private Rng actionRng;

    /// <summary>Makes networks and environments.</summary>
    /// <param name="config">Hyper-parameters.</param>
    /// <param name="setup">World, budget, randomness and device.</param>
    public A2C(A2CConfig config, TrainingSetup setup)
    {
        this.config = config;
        totalSteps = Math.Max(1, setup.Steps);
        var spec = setup.Environments.Spec;
        actionRng = setup.Rng.Split("actions");
        experience = new Experience(
            new EnvironmentBatch(setup.Environments, config.Environments, setup.Rng.Split("environments"), config.Threads),
            config.NormaliseObservations ? new ObservationNormaliser(spec.Observation.Size) : null,
            config.NormaliseRewards ? new RewardNormaliser(config.Environments, config.Gamma) : null,
            config.LiveBonus);
        rollout = new Rollout(spec, config.Environments, config.StepsPerRollout);
        (nlp, nlpGradient, valueGradient) = (new float[rollout.Rows], new float[rollout.Rows], new float[rollout.Rows]);
        var shape = new ActorCriticShape(spec.Observation.Shape, (spec.Action as Discrete)?.Count ?? spec.Action.Size, spec.Action is Box)
        {
            Network = config.Network,
            Hidden = config.HiddenSizes,
            Activation = config.Activation,
            Shared = config.SharedNetwork,
        };
        network = new ActorCritic(shape, rollout.Rows, setup.Rng.Split("policy-init"), setup.Device, config.Gradients);
        optimizer = new RmsProp(config.RmspropDecay, config.RmspropEpsilon, config.RmspropEpsilonStyle);
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

        // 1-2: act.
        rollout.Collect(experience, network, actionRng, episode => episodes.Add(episode, points), config.BootstrapOnTruncation ? config.Gamma : 0);
        var steps = experience.Batch.Steps;
        var means = new MetricMeans(steps);

        // 3: returns to the end of the rollout, and how much better they are than expected.
        Returns.NStep<float>(rollout.Rewards, rollout.Ended, rollout.NextValues, (float)config.Gamma, rollout.Returns);
        for (var row = 0; row < rollout.Rows; row++)
            rollout.Advantages[row] = rollout.Returns[row] - rollout.Values[row];

        // 4: the losses, and their gradients with respect to what the networks put out.
        network.Forward(rollout.Observations, rollout.Rows);
        means.Add(Metrics.Entropy, network.Evaluate(rollout.Actions, nlp));
        means.Add(Metrics.PolicyLoss, PolicyGradients.Plain<float>(nlp, rollout.Advantages, nlpGradient));
        means.Add(Metrics.ValueLoss, PolicyGradients.ClippedValueLoss(
            network.Values, rollout.Values, rollout.Returns, float.PositiveInfinity, valueGradient));

        // 5: the gradient of L = policy loss − β·entropy + c·value loss.
        FlatMemory.Scale(valueGradient, (float)(config.ValueLossHalf ? config.ValueCoefficient : 2 * config.ValueCoefficient));
        network.Backward(rollout.Actions, nlpGradient, (float)-config.EntropyCoefficient, valueGradient);

        // 6: clip it and step. Baselines counts the steps before the last sample of the batch.
        var learningRate = config.LearningRateSchedule.At(config.LearningRate, steps - 1, totalSteps);
        means.Add(Metrics.GradientNorm, GlobalNorm.ClipInPlace(network.Gradient, config.MaximumGradientNorm));
        optimizer.StepInPlace(network.Parameters, network.Gradient, optimizerState, learningRate);
        network.ParametersChanged();
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
        writer.WriteTensor(network.Parameters);
        writer.Write(optimizerState);
        experience.Save(writer);
        episodes.Save(writer);
        actionRng.Save(writer);
    }

    /// <inheritdoc/>
    public void Load(CheckpointReader reader)
    {
        reader.ReadInto(network.Parameters);
        network.ParametersChanged();
        reader.ReadInto(optimizerState);
        experience.Load(reader);
        episodes.Load(reader);
        actionRng = Rng.Load(reader);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        experience.Dispose();
        network.Dispose();
        optimizerState.Dispose();
    }
}
