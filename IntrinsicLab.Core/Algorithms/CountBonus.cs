using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Hyper-parameters of <see cref="CountBonus"/>.</summary>
public sealed record CountBonusConfig
{
    /// <summary>What is counted: boxes of the state space, such boxes with the action, keys of random planes (the paper), or a density model's guess.</summary>
    [Group("Counts")]
    public Counting Counting { get; init; }

    /// <summary>What a count n is worth: 1/√n (the paper), 1/(1 + n), or √(2·ln N/n), which counts of states with actions only can pay.</summary>
    [Group("Counts")]
    public CountReward Reward { get; init; }

    /// <summary>Weight β of the bonus beside the extrinsic reward (the paper: 0.01).</summary>
    [Range(0.0, 1e6), Group("Counts")]
    public double Beta { get; init; } = 0.01;

    /// <summary>Holds extrinsic rewards within [-1, 1] before the bonus is added (the paper does); returns and evaluations stay raw.</summary>
    [Group("Counts")]
    public bool ClipRewards { get; init; } = true;

    /// <summary>Edge of a box, in standard deviations of the first batch.</summary>
    [Range(1e-6, 1e6), Unit("deviations"), Group("Counts")]
    public double BoxWidth { get; init; } = 0.5;

    /// <summary>Random planes k of SimHash; more tell more states apart (the paper: 32 to 256).</summary>
    [Range(1, 4096), Unit("bits"), Group("Counts")]
    public int HashBits { get; init; } = 32;

    /// <summary>Appends a 1 to what SimHash sees; without it a state's distance from the middle is invisible to it (the paper: off).</summary>
    [Group("Counts")]
    public bool HashConstant { get; init; } = true;

    /// <summary>Boxes on either side of the middle along each axis of the density model behind pseudo-counts.</summary>
    [Range(1, 10_000), Unit("boxes"), Group("Counts")]
    public int DensityReach { get; init; } = 50;

    /// <summary>Visits that every box of the density model starts with.</summary>
    [Range(0.0, 1e6, MinimumIsExclusive = true), Unit("visits"), Group("Counts")]
    public double DensitySmoothing { get; init; } = 0.1;

    /// <summary>What improves the policy; the parameters of the other are ignored.</summary>
    [Group("Optimiser")]
    public PolicyOptimizer Optimizer { get; init; } = PolicyOptimizer.Ppo;

    /// <summary>Weight of the entropy bonus (the paper: 0).</summary>
    [Range(0.0, 10.0), Group("Optimiser")]
    public double EntropyCoefficient { get; init; }

    /// <summary>Steps per update, at least: the last path is played to its end where paths are whole (the paper: 5000).</summary>
    [Range(1, 10_000_000), Unit("steps"), Group("Rollout")]
    public int StepsPerBatch { get; init; } = 5000;

    /// <summary>Plays the last path of a batch to its end (rllab); otherwise it is cut, its value continued, and goes on in the next batch.</summary>
    [Group("Rollout")]
    public bool WholePaths { get; init; } = true;

    /// <summary>Passes over each batch; PPO only.</summary>
    [Range(1, 1000), Unit("epochs"), Group("PPO")]
    public int Epochs { get; init; } = 10;

    /// <summary>Rows of one gradient step, of the last of a pass perhaps fewer; PPO only.</summary>
    [Range(1, 1_000_000), Unit("rows"), Group("PPO")]
    public int MinibatchSize { get; init; } = 64;

    /// <summary>Step size of Adam; PPO only.</summary>
    [Range(0.0, 1000.0), Group("PPO")]
    public double LearningRate { get; init; } = 3e-4;

    /// <summary>Clip range ε of the probability ratio; PPO only.</summary>
    [Range(0.0, 10.0, MinimumIsExclusive = true), Group("PPO")]
    public double ClipRange { get; init; } = 0.2;

    /// <summary>Gradients longer than this are shortened to it; 0 turns it off; PPO only.</summary>
    [Range(0.0, 1e6), Group("PPO")]
    public double MaximumGradientNorm { get; init; } = 0.5;

    /// <summary>Largest mean divergence KL[old‖new] of one step, δ (rllab: 0.01); TRPO only.</summary>
    [Range(0.0, 100.0, MinimumIsExclusive = true), Unit("nats"), Group("Trust region")]
    public double MaximumKl { get; init; } = 0.01;

    /// <summary>Iterations of conjugate gradients (rllab: 10); TRPO only.</summary>
    [Range(1, 10_000), Unit("iterations"), Group("Trust region")]
    public int CgIterations { get; init; } = 10;

    /// <summary>Added to the curvature's diagonal, so that it can be solved with (rllab: 1e-5); TRPO only.</summary>
    [Range(0.0, 1000.0), Group("Trust region")]
    public double CgDamping { get; init; } = 1e-5;

    /// <summary>Share of the batch that curvature is measured on (rllab: 1); TRPO only.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true), Group("Trust region")]
    public double SubsampleFactor { get; init; } = 1;

    /// <summary>Factor by which the line search shortens a step (rllab: 0.8); TRPO only.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true, MaximumIsExclusive = true), Group("Trust region")]
    public double BacktrackRatio { get; init; } = 0.8;

    /// <summary>Tries of the line search, the full step included (rllab: 15); TRPO only.</summary>
    [Range(1, 1000), Unit("tries"), Group("Trust region")]
    public int LineSearchTries { get; init; } = 15;

    /// <summary>Discount γ per step, of the bonus too (the paper: 0.99).</summary>
    [Range(0.0, 1.0), Group("Advantages")]
    public double Gamma { get; init; } = 0.99;

    /// <summary>Trace decay λ of generalised advantages (rllab: 1, the whole return).</summary>
    [Range(0.0, 1.0), Group("Advantages")]
    public double GaeLambda { get; init; } = 1;

    /// <summary>Brings the batch's advantages to mean 0 and deviation 1 (rllab does).</summary>
    [Group("Advantages")]
    public bool NormaliseAdvantages { get; init; } = true;

    /// <summary>Continues the value beyond a time limit, which is no end of the task (rllab: off).</summary>
    [Group("Advantages")]
    public bool BootstrapOnTruncation { get; init; }

    /// <summary>What expects the returns, bonuses included (rllab: linear).</summary>
    [Group("Baseline")]
    public BaselineKind Baseline { get; init; } = BaselineKind.Linear;

    /// <summary>Units of each hidden layer of a network baseline.</summary>
    [Range(1, 65536), Unit("units"), Group("Baseline")]
    public int[] BaselineHiddenSizes { get; init; } = [32];

    /// <summary>Step size of a network baseline's Adam.</summary>
    [Range(0.0, 1000.0), Group("Baseline")]
    public double BaselineLearningRate { get; init; } = 1e-3;

    /// <summary>Passes of a network baseline over each batch.</summary>
    [Range(1, 1000), Unit("epochs"), Group("Baseline")]
    public int BaselineEpochs { get; init; } = 5;

    /// <summary>Rows of one gradient step of a network baseline.</summary>
    [Range(1, 1_000_000), Unit("rows"), Group("Baseline")]
    public int BaselineMinibatchSize { get; init; } = 64;

    /// <summary>Units of each hidden layer of the policy (the paper's classic tasks: 32).</summary>
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
}

/// <summary>
/// Exploration by counting (Tang, Houthooft, Foote, Stooke, Chen, Duan, Schulman, De Turck and Abbeel 2017, "#Exploration: A Study of Count-Based
/// Exploration for Deep Reinforcement Learning"): what was seldom seen is paid for, by boxes, hashes or pseudo-counts, and a policy gradient
/// maximises what comes of it. Numbers refer to the pseudo-code in docs/algorithms/count-bonus.md.
/// </summary>
public sealed class CountBonus : IAlgorithm
{
    private readonly CountBonusConfig config;
    private readonly Experience experience;
    private readonly ActionScale? scale;
    private readonly PolicyNetwork policy;
    private readonly IBaseline baseline;
    private readonly CountCuriosity curiosity;
    private readonly TrustRegionUpdate? trustRegion;
    private readonly ClippedUpdate? clipped;
    private readonly PathBatch paths;
    private readonly ExplorationLog exploration;
    private readonly EpisodeLog episodes = new();
    private float[] taken = [], next = [];
    private bool[] endsPath = [];
    private double[] counts = [], bonuses = [], rewards = [], advantages = [], targets = [];
    private double episodeBonus;
    private Rng actionRng, updateRng;

    /// <summary>Makes networks and the environment.</summary>
    /// <param name="config">Hyper-parameters.</param>
    /// <param name="setup">World, budget and randomness; its networks are small and stay in main memory whatever the device.</param>
    public CountBonus(CountBonusConfig config, TrainingSetup setup)
    {
        this.config = config;
        var spec = setup.Environments.Spec;
        // Streams have the names that plain TRPO's have: without a bonus it is the same run.
        (actionRng, updateRng) = (setup.Rng.Split("actions"), setup.Rng.Split(config.Optimizer == PolicyOptimizer.Trpo ? "curvature" : "minibatches"));
        experience = new Experience(new EnvironmentBatch(setup.Environments, 1, setup.Rng.Split("environments")), null, null);
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
        baseline = CountBonusSettings.BaselineOf(config, spec, setup.Rng.Split("baseline"));
        curiosity = new CountCuriosity(CountBonusSettings.CountsOf(config), spec, setup.Rng.Split("counts"));
        if (config.Optimizer == PolicyOptimizer.Trpo)
            trustRegion = new TrustRegionUpdate(policy, CountBonusSettings.TrustRegionOf(config));
        else
            clipped = new ClippedUpdate(policy, CountBonusSettings.ClippedOf(config));
        exploration = new ExplorationLog(spec);
        Policy = new GreedyPolicy(policy, experience, scale);
        Traces =
        [
            new StepTrace(CountBonusFigures.TraceName, CountBonusFigures.TraceMeaning, (observation, action, _) => curiosity.Bonus(observation, action)),
        ];
    }

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    /// <inheritdoc/>
    public IReadOnlyList<StepTrace> Traces { get; }

    /// <summary>The policy's parameters, flat.</summary>
    public ReadOnlySpan<float> Parameters => policy.Parameters;

    /// <inheritdoc/>
    public Progress Update()
    {
        var points = new List<MetricValue>();
        var begun = experience.Batch.Steps;

        // 1: act, path after path.
        paths.Collect(experience, policy, scale, actionRng, episode => episodes.Add(episode, points));
        var steps = experience.Batch.Steps;
        var means = new MetricMeans(steps);
        var transitions = Transitions();

        // 2: count every step of the batch, then pay each by its count.
        var paid = bonuses.AsSpan(0, paths.Rows);
        var augmented = rewards.AsSpan(0, paths.Rows);
        curiosity.Score(transitions, counts.AsSpan(0, paths.Rows), paid);

        // 3: the reward that is learned from.
        for (var row = 0; row < paths.Rows; row++)
            augmented[row] = (config.ClipRewards ? Math.Clamp(paths.Rewards[row], -1, 1) : paths.Rewards[row]) + config.Beta * paid[row];
        ReportBonuses(begun, means, points);

        // 4: advantages over what the baseline of the previous batch expects, and what it should have expected.
        var advantage = advantages.AsSpan(0, paths.Rows);
        var target = targets.AsSpan(0, paths.Rows);
        paths.Predict(baseline);
        paths.Advantages(augmented, config.Gamma, config.GaeLambda, config.BootstrapOnTruncation, advantage);
        if (config.Baseline == BaselineKind.Linear)
            paths.DiscountedReturns(augmented, config.Gamma, config.BootstrapOnTruncation, target);
        else
            for (var row = 0; row < paths.Rows; row++)
                target[row] = advantage[row] + paths.Values[row];
        if (config.NormaliseAdvantages)
            PolicyGradients.Normalise(advantage);

        // 5: fit the baseline.
        means.Add(Metrics.ValueLoss, PolicyGradients.ClippedValueLoss<double>(paths.Values, paths.Values, target, double.PositiveInfinity, new double[paths.Rows]));
        var explained = Returns.ExplainedVariance<double>(paths.Values, target);
        baseline.Fit(paths.Observations, paths.Times, target);

        // 6: remember what was visited.
        var known = curiosity.Places;
        curiosity.Learn(transitions);
        exploration.Add(steps, transitions.Observations, curiosity.Places);

        // 7: improve the policy.
        if (trustRegion is not null)
            trustRegion.Improve(paths.Observations, paths.Actions, advantage, updateRng, steps).Report(means);
        else
        {
            clipped!.Improve(paths.Observations, paths.Actions, advantage, updateRng, steps).Report(means);
            means.Add(Metrics.LearningRate, config.LearningRate);
        }

        means.Add(Metrics.ParameterNorm, FlatMemory.Norm(policy.Parameters));
        means.Add(CountBonusSettings.Places, curiosity.Places);
        means.Add(CountBonusSettings.NewPlaces, curiosity.Places - known);
        episodes.Summarise(steps, points);
        means.Report(points);
        points.AddDefined(Metrics.ExplainedVariance, steps, explained);
        return new Progress(steps, episodes.Count, points);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Figure> Figures() =>
    [
        .. CountBonusFigures.Of(exploration, curiosity, policy, scale, paths, experience),
        .. TrpoFigures.Of(paths, targets, trustRegion?.Tries ?? [], config.MaximumKl, experience.Batch.Spec.Action),
    ];

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        writer.Write<float>(policy.Parameters);
        clipped?.Save(writer);
        baseline.Save(writer);
        curiosity.Save(writer);
        exploration.Save(writer);
        writer.Write(episodeBonus);
        paths.Save(writer);
        experience.Save(writer);
        episodes.Save(writer);
        actionRng.Save(writer);
        updateRng.Save(writer);
    }

    /// <inheritdoc/>
    public void Load(CheckpointReader reader)
    {
        reader.ReadInto<float>(policy.Parameters);
        clipped?.Load(reader);
        baseline.Load(reader);
        curiosity.Load(reader);
        exploration.Load(reader);
        episodeBonus = reader.ReadDouble();
        paths.Load(reader);
        experience.Load(reader);
        episodes.Load(reader);
        (actionRng, updateRng) = (Rng.Load(reader), Rng.Load(reader));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        experience.Dispose();
        baseline.Dispose();
        curiosity.Dispose();
        clipped?.Dispose();
    }

    // The batch as the counts see it: actions in the environment's units, held within its bounds.
    private Transitions Transitions()
    {
        var (rows, observationSize, actionSize) = (paths.Rows, paths.ObservationSize, paths.ActionSize);
        if (bonuses.Length < rows)
        {
            var room = Math.Max(rows, 2 * bonuses.Length);
            (taken, next, endsPath) = (new float[room * actionSize], new float[room * observationSize], new bool[room]);
            (counts, bonuses, rewards) = (new double[room], new double[room], new double[room]);
            (advantages, targets) = (new double[room], new double[room]);
        }
        for (var index = 0; index < paths.Paths.Count; index++)
            for (var row = paths.Paths[index].Start; row < paths.Paths[index].End; row++)
            {
                CountBonusSettings.Taken(
                    paths.Actions.Slice(row * actionSize, actionSize), scale, experience.Batch.Spec.Action, taken.AsSpan(row * actionSize, actionSize));
                paths.NextObservation(index, row).CopyTo(next.AsSpan(row * observationSize));
                endsPath[row] = row + 1 == paths.Paths[index].End;
            }
        return new Transitions(paths.Observations, taken.AsSpan(0, rows * actionSize), next.AsSpan(0, rows * observationSize), endsPath.AsSpan(0, rows));
    }

    private void ReportBonuses(long begun, MetricMeans means, List<MetricValue> points)
    {
        var (bonus, others) = (0.0, 0.0);
        foreach (var path in paths.Paths)
        {
            for (var row = path.Start; row < path.End; row++)
            {
                bonus += bonuses[row];
                episodeBonus += bonuses[row];
                others += Math.Abs(rewards[row] - config.Beta * bonuses[row]);
            }
            if (path.Cut)
                continue;
            points.Add(new(Metrics.IntrinsicReturn, begun + path.End, episodeBonus));
            episodeBonus = 0;
        }
        var all = config.Beta * bonus + others;
        means.Add(CountBonusSettings.BonusMean, bonus / paths.Rows);
        means.Add(CountBonusSettings.BonusShare, all > 0 ? config.Beta * bonus / all : 0);
    }
}
