using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Hyper-parameters of <see cref="Trpo"/>.</summary>
public sealed record TrpoConfig
{
    /// <summary>Steps per update, at least: the last path is played to its end (rllab: 5000; 50,000 for gathering tasks).</summary>
    [Range(1, 10_000_000), Unit("steps"), Group("Rollout")]
    public int StepsPerBatch { get; init; } = 5000;

    /// <summary>Plays the last path of a batch to its end (rllab); otherwise it is cut, its value continued, and goes on in the next batch.</summary>
    [Group("Rollout")]
    public bool WholePaths { get; init; } = true;

    /// <summary>Largest mean divergence KL[old‖new] of one step, δ (the paper and rllab: 0.01).</summary>
    [Range(0.0, 100.0, MinimumIsExclusive = true), Unit("nats"), Group("Trust region")]
    public double MaximumKl { get; init; } = 0.01;

    /// <summary>Iterations of conjugate gradients (the paper and rllab: 10).</summary>
    [Range(1, 10_000), Unit("iterations"), Group("Trust region")]
    public int CgIterations { get; init; } = 10;

    /// <summary>Added to the curvature's diagonal, so that it can be solved with (rllab: 1e-5, Baselines: 0.1).</summary>
    [Range(0.0, 1000.0), Group("Trust region")]
    public double CgDamping { get; init; } = 1e-5;

    /// <summary>Share of the batch that curvature is measured on (rllab: 1; the paper's experiments and Baselines: about a fifth).</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true), Group("Trust region")]
    public double SubsampleFactor { get; init; } = 1;

    /// <summary>Factor by which the line search shortens a step (rllab: 0.8; Baselines: 0.5).</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true, MaximumIsExclusive = true), Group("Trust region")]
    public double BacktrackRatio { get; init; } = 0.8;

    /// <summary>Tries of the line search, the full step included (rllab: 15; Baselines: 10).</summary>
    [Range(1, 1000), Unit("tries"), Group("Trust region")]
    public int LineSearchTries { get; init; } = 15;

    /// <summary>Weight of the entropy bonus (rllab: 0).</summary>
    [Range(0.0, 10.0), Group("Trust region")]
    public double EntropyCoefficient { get; init; }

    /// <summary>Discount γ per step (rllab: 0.99).</summary>
    [Range(0.0, 1.0), Group("Advantages")]
    public double Gamma { get; init; } = 0.99;

    /// <summary>Trace decay λ of generalised advantages (rllab: 1, the whole return; Baselines: 0.98).</summary>
    [Range(0.0, 1.0), Group("Advantages")]
    public double GaeLambda { get; init; } = 1;

    /// <summary>Brings the batch's advantages to mean 0 and deviation 1 (rllab does).</summary>
    [Group("Advantages")]
    public bool NormaliseAdvantages { get; init; } = true;

    /// <summary>Continues the value beyond a time limit, which is no end of the task (rllab: off).</summary>
    [Group("Advantages")]
    public bool BootstrapOnTruncation { get; init; }

    /// <summary>What expects the returns (rllab: linear; a network for its classic tasks).</summary>
    [Group("Baseline")]
    public BaselineKind Baseline { get; init; } = BaselineKind.Linear;

    /// <summary>Units of each hidden layer of a network baseline.</summary>
    [Range(1, 65536), Unit("units"), Group("Baseline")]
    public int[] BaselineHiddenSizes { get; init; } = [32];

    /// <summary>Step size of a network baseline's Adam (Baselines: 1e-3).</summary>
    [Range(0.0, 1000.0), Group("Baseline")]
    public double BaselineLearningRate { get; init; } = 1e-3;

    /// <summary>Passes of a network baseline over each batch (Baselines: 5).</summary>
    [Range(1, 1000), Unit("epochs"), Group("Baseline")]
    public int BaselineEpochs { get; init; } = 5;

    /// <summary>Rows of one gradient step of a network baseline (Baselines: 64).</summary>
    [Range(1, 1_000_000), Unit("rows"), Group("Baseline")]
    public int BaselineMinibatchSize { get; init; } = 64;

    /// <summary>Units of each hidden layer of the policy (rllab: 32 on classic tasks, 64 and 32 for locomotion).</summary>
    [Range(1, 65536), Unit("units"), Group("Network")]
    public int[] HiddenSizes { get; init; } = [32];

    /// <summary>After each hidden layer.</summary>
    [Group("Network")]
    public Activation Activation { get; init; } = Activation.Tanh;

    /// <summary>How the policy's weights begin (rllab: Glorot in every layer).</summary>
    [Group("Network")]
    public WeightScheme InitialWeights { get; init; } = WeightScheme.Glorot;

    /// <summary>Standard deviation of a continuous policy at the beginning, in units of its actions (rllab: 1).</summary>
    [Range(1e-6, 1000.0), Group("Network")]
    public double InitialDeviation { get; init; } = 1;

    /// <summary>Lets the policy act in [-1, 1] whatever the environment's bounds (rllab's normalised environments).</summary>
    [Group("Normalisation")]
    public bool NormaliseActions { get; init; } = true;

    /// <summary>Brings observations to running mean 0 and deviation 1 (rllab: off; Baselines: on).</summary>
    [Group("Normalisation")]
    public bool NormaliseObservations { get; init; }

    /// <summary>Largest absolute value of a normalised observation (Baselines: 10).</summary>
    [Range(0.0, 1e6, MinimumIsExclusive = true), Group("Normalisation")]
    public double ObservationClip { get; init; } = 10;
}

/// <summary>
/// Trust region policy optimisation (Schulman, Levine, Abbeel, Jordan and Moritz 2015, "Trust Region Policy Optimization", single path) in
/// the form of rllab (Duan, Chen, Houthooft, Schulman and Abbeel 2016, "Benchmarking Deep Reinforcement Learning for Continuous Control"): whole paths, a linear baseline,
/// and the largest step along the natural gradient that keeps the new policy within a divergence of the old. Numbers refer to the
/// pseudo-code in docs/algorithms/trpo.md; lines 4 to 8 are <see cref="TrustRegionUpdate"/>.
/// </summary>
public sealed class Trpo : IAlgorithm
{
    private readonly TrpoConfig config;
    private readonly Experience experience;
    private readonly ActionScale? scale;
    private readonly PolicyNetwork policy;
    private readonly IBaseline baseline;
    private readonly TrustRegionUpdate trustRegion;
    private readonly PathBatch paths;
    private readonly EpisodeLog episodes = new();
    private double[] advantages = [], targets = [];
    private Rng actionRng, curvatureRng;

    /// <summary>Makes networks and the environment.</summary>
    /// <param name="config">Hyper-parameters.</param>
    /// <param name="setup">World, budget and randomness; its networks are small and stay in main memory whatever the device.</param>
    public Trpo(TrpoConfig config, TrainingSetup setup)
    {
        this.config = config;
        var spec = setup.Environments.Spec;
        (actionRng, curvatureRng) = (setup.Rng.Split("actions"), setup.Rng.Split("curvature"));
        experience = new Experience(
            new EnvironmentBatch(setup.Environments, 1, setup.Rng.Split("environments")),
            config.NormaliseObservations ? new ObservationNormaliser(spec.Observation.Size, config.ObservationClip) : null, null);
        scale = config.NormaliseActions && spec.Action is Box ? new ActionScale(spec.Action) : null;
        paths = new PathBatch(spec, config.StepsPerBatch, config.WholePaths);
        var shape = new PolicyShape(spec.Observation.Size, (spec.Action as Discrete)?.Count ?? spec.Action.Size, spec.Action is Box)
        {
            Hidden = config.HiddenSizes,
            Activation = config.Activation,
            Weights = config.InitialWeights,
            InitialDeviation = config.InitialDeviation,
        };
        policy = new PolicyNetwork(shape, setup.Rng.Split("policy-init"));
        trustRegion = new TrustRegionUpdate(policy, new TrustRegionSettings
        {
            MaximumKl = config.MaximumKl,
            CgIterations = config.CgIterations,
            CgDamping = config.CgDamping,
            SubsampleFactor = config.SubsampleFactor,
            BacktrackRatio = config.BacktrackRatio,
            LineSearchTries = config.LineSearchTries,
            EntropyCoefficient = config.EntropyCoefficient,
        });
        baseline = config.Baseline == BaselineKind.Linear
            ? new LinearFeatureBaseline(spec.Observation.Size)
            : new NetworkBaseline(
                spec.Observation.Size,
                new NetworkBaselineSettings
                {
                    Hidden = config.BaselineHiddenSizes,
                    Activation = config.Activation,
                    LearningRate = config.BaselineLearningRate,
                    Epochs = config.BaselineEpochs,
                    MinibatchSize = config.BaselineMinibatchSize,
                },
                setup.Rng.Split("baseline"));
        Policy = new GreedyPolicy(policy, experience, scale);
    }

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    /// <summary>The policy's parameters, flat.</summary>
    public ReadOnlySpan<float> Parameters => policy.Parameters;

    /// <inheritdoc/>
    public Progress Update()
    {
        var points = new List<MetricValue>();

        // 1: act, path after path.
        paths.Collect(experience, policy, scale, actionRng, episode => episodes.Add(episode, points));
        var steps = experience.Batch.Steps;
        var means = new MetricMeans(steps);
        if (advantages.Length != paths.Rows)
            (advantages, targets) = (new double[paths.Rows], new double[paths.Rows]);

        // 2: advantages over what the baseline of the previous batch expects, and what it should have expected.
        paths.Predict(baseline);
        paths.Advantages(paths.Rewards, config.Gamma, config.GaeLambda, config.BootstrapOnTruncation, advantages);
        if (config.Baseline == BaselineKind.Linear)
            paths.DiscountedReturns(paths.Rewards, config.Gamma, config.BootstrapOnTruncation, targets);
        else
            for (var row = 0; row < paths.Rows; row++)
                targets[row] = advantages[row] + paths.Values[row];
        if (config.NormaliseAdvantages)
            PolicyGradients.Normalise<double>(advantages);

        // 3: fit the baseline.
        means.Add(Metrics.ValueLoss, PolicyGradients.ClippedValueLoss<double>(paths.Values, paths.Values, targets, double.PositiveInfinity, new double[paths.Rows]));
        var explained = Returns.ExplainedVariance<double>(paths.Values, targets);
        baseline.Fit(paths.Observations, paths.Times, targets);

        // 4-8: the largest step within the trust region.
        trustRegion.Improve(paths.Observations, paths.Actions, advantages, curvatureRng, steps).Report(means);

        means.Add(Metrics.ParameterNorm, FlatMemory.Norm(policy.Parameters));
        episodes.Summarise(steps, points);
        means.Report(points);
        points.AddDefined(Metrics.ExplainedVariance, steps, explained);
        return new Progress(steps, episodes.Count, points);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Figure> Figures() => TrpoFigures.Of(paths, targets, trustRegion.Tries, config.MaximumKl, experience.Batch.Spec.Action);

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        writer.Write<float>(policy.Parameters);
        baseline.Save(writer);
        paths.Save(writer);
        experience.Save(writer);
        episodes.Save(writer);
        actionRng.Save(writer);
        curvatureRng.Save(writer);
    }

    /// <inheritdoc/>
    public void Load(CheckpointReader reader)
    {
        reader.ReadInto<float>(policy.Parameters);
        baseline.Load(reader);
        paths.Load(reader);
        experience.Load(reader);
        episodes.Load(reader);
        (actionRng, curvatureRng) = (Rng.Load(reader), Rng.Load(reader));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        experience.Dispose();
        baseline.Dispose();
    }
}
