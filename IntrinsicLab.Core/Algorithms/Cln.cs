using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Optimizers;
using TorchSharp;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Which parts of the total derivative of the extrinsic return the reward's weights follow (Stadie, Zhang and Ba 2020, equations 9 to 14).</summary>
public enum ClnTerms
{
    /// <summary>The direct one alone: the weights as the policy's condition (equations 11 and 17). All of the paper's runs called CLN.</summary>
    OneTerm,

    /// <summary>The one through the rewards alone, as LIRPG's (equation 13).</summary>
    LirpgTerm,

    /// <summary>The direct one, the mixed second derivative and the one through the rewards (equations 11 to 13).</summary>
    ThreeTerms,
}

/// <summary>Which policy the ratio of the validation round compares with.</summary>
public enum ClnDenominator
{
    /// <summary>That before the policy round, with the weights before the validation round (the paper: important for stability).</summary>
    Old,

    /// <summary>The one that acted: that after the policy round.</summary>
    Current,
}

/// <summary>Hyper-parameters of <see cref="Cln"/>.</summary>
public sealed record ClnConfig
{
    /// <summary>Which parts of the derivative of the extrinsic return the reward's weights follow (the paper: one-term).</summary>
    [Group("Reward")]
    public ClnTerms GradientTerms { get; init; } = ClnTerms.OneTerm;

    /// <summary>Which policy the ratio of the validation round compares with (the paper: old, called important for stability).</summary>
    [Group("Reward")]
    public ClnDenominator EtaRatioDenominator { get; init; } = ClnDenominator.Old;

    /// <summary>Step size β of the reward's weights (the paper does not tell; that of LIRPG).</summary>
    [Range(0.0, 1000.0), Group("Reward")]
    public double RewardLearningRate { get; init; } = 1e-4;

    /// <summary>Whether that step size falls to zero over the run (the paper does not tell).</summary>
    [Group("Reward")]
    public Schedule RewardLearningRateSchedule { get; init; } = Schedule.Constant;

    /// <summary>Longest gradient of the reward's weights; 0 turns it off (the paper does not tell).</summary>
    [Range(0.0, 1e6), Group("Reward")]
    public double RewardMaximumGradientNorm { get; init; } = 0.5;

    /// <summary>Units K of the reward's last hidden layer, which has no activation (the paper: few, without a number).</summary>
    [Range(1, 4096), Unit("units"), Group("Reward")]
    public int BottleneckUnits { get; init; } = 4;

    /// <summary>What the reward's last layer puts out (the paper lets it grow without bound: linear).</summary>
    [Group("Reward")]
    public RewardOutput RewardOutput { get; init; } = RewardOutput.Linear;

    /// <summary>
    /// Scale of the reward's last layer when initialised (the paper does not tell; Baselines' output layers: 0.01). At 1 a random reward outweighs what the
    /// task pays from the first step on.
    /// </summary>
    [Range(0.0, 1000.0), Group("Reward")]
    public double RewardOutputScale { get; init; } = 0.01;

    /// <summary>
    /// Conditions the policy on the reward's weights (the paper does). Off, its last hidden layer is layer-normed with a gain and a bias of its own, and
    /// the direct term of the gradient is zero.
    /// </summary>
    [Group("Reward")]
    public bool Conditional { get; init; } = true;

    /// <summary>Scale of the weights, when initialised, that turn the condition into gain and bias (the paper does not tell).</summary>
    [Range(0.0, 1000.0), Group("Network")]
    public double ConditionScale { get; init; } = 0.01;

    /// <summary>
    /// Scale of the policy's output layer when initialised (Baselines: 0.01). Where the policy does not learn it bounds what the reward's weights can do:
    /// set it to 1 there.
    /// </summary>
    [Range(0.0, 1000.0), Group("Network")]
    public double PolicyOutputScale { get; init; } = 0.01;

    /// <summary>
    /// Control: the policy is paid no intrinsic reward. Unless it is paid an extrinsic one, it stays as it was initialised but for its condition, so that
    /// only the reward's weights, as policy parameters, learn.
    /// </summary>
    [Group("Reward")]
    public bool WithoutIntrinsicReward { get; init; }

    /// <summary>
    /// Weight of the extrinsic reward beside the intrinsic one in what the policy round maximises (the paper, and the presets named after it: 0, which few
    /// runs survive).
    /// </summary>
    [Range(0.0, 1000.0), Group("Reward")]
    public double PolicyExtrinsicCoefficient { get; init; } = 1;

    /// <summary>Environments stepped together (the paper: 4 to 16 workers).</summary>
    [Range(1, 4096), Unit("environments"), Group("Rollout")]
    public int Environments { get; init; } = 4;

    /// <summary>Steps of each environment per rollout; an update has two, one for the policy and one for the reward (the paper: 2048 each).</summary>
    [Range(1, 1_000_000), Unit("steps"), Group("Rollout")]
    public int StepsPerRollout { get; init; } = 128;

    /// <summary>Each validation rollout is the next policy round's data too: half the steps per update (the paper does not tell).</summary>
    [Group("Rollout")]
    public bool ReuseValidationRollout { get; init; }

    /// <summary>Threads that step the environments; results do not depend on it.</summary>
    [Range(1, 256), Unit("threads"), Group("Rollout")]
    public int Threads { get; init; } = 1;

    /// <summary>Passes over the rollout in the policy round (Baselines' PPO: 10 for MuJoCo).</summary>
    [Range(1, 1000), Unit("epochs"), Group("Optimiser")]
    public int Epochs { get; init; } = 4;

    /// <summary>Passes over the rollout in the validation round; 0 leaves the reward's weights as they are (the paper does not tell).</summary>
    [Range(0, 1000), Unit("epochs"), Group("Optimiser")]
    public int ValidationEpochs { get; init; } = 4;

    /// <summary>Equal parts each pass is cut into, one gradient step each (Baselines' PPO: 32 for MuJoCo).</summary>
    [Range(1, 1_000_000), Unit("minibatches"), Group("Optimiser")]
    public int Minibatches { get; init; } = 4;

    /// <summary>Step size α of the policy and of both value functions (Baselines' PPO: 3e-4 for MuJoCo).</summary>
    [Range(0.0, 1000.0), Group("Optimiser")]
    public double LearningRate { get; init; } = 2.5e-4;

    /// <summary>Whether that step size falls to zero over the run (Baselines' PPO: linear).</summary>
    [Group("Optimiser")]
    public Schedule LearningRateSchedule { get; init; } = Schedule.Linear;

    /// <summary>Longest gradient of policy and intrinsic value function together, and of the extrinsic one; 0 turns it off (Baselines' PPO: 0.5).</summary>
    [Range(0.0, 1e6), Group("Optimiser")]
    public double MaximumGradientNorm { get; init; } = 0.5;

    /// <summary>ε that keeps Adam from dividing by zero (Baselines: 1e-5).</summary>
    [Range(0.0, 1.0), Group("Optimiser")]
    public double AdamEpsilon { get; init; } = 1e-5;

    /// <summary>Where ε is added: as TensorFlow and Baselines do, or as PyTorch does.</summary>
    [Group("Optimiser")]
    public EpsilonStyle AdamEpsilonStyle { get; init; } = EpsilonStyle.Tensorflow;

    /// <summary>Discount γ per step, of both returns (Baselines' PPO: 0.99).</summary>
    [Range(0.0, 1.0), Group("Loss")]
    public double Gamma { get; init; } = 0.99;

    /// <summary>Trace decay λ of generalised advantages (Baselines' PPO: 0.95).</summary>
    [Range(0.0, 1.0), Group("Loss")]
    public double GaeLambda { get; init; } = 0.95;

    /// <summary>Clip range ε of the probability ratio in both rounds, and of value changes (Baselines' PPO: 0.2 for MuJoCo).</summary>
    [Range(0.0, 10.0, MinimumIsExclusive = true), Group("Loss")]
    public double ClipRange { get; init; } = 0.2;

    /// <summary>Whether the clip range falls to zero over the run.</summary>
    [Group("Loss")]
    public Schedule ClipRangeSchedule { get; init; } = Schedule.Constant;

    /// <summary>Weight of the entropy bonus in the policy round (Baselines' PPO: 0 for MuJoCo).</summary>
    [Range(0.0, 10.0), Group("Loss")]
    public double EntropyCoefficient { get; init; } = 0.01;

    /// <summary>Weight of each value loss, which holds a ½ of its own (Baselines' PPO: 0.5).</summary>
    [Range(0.0, 100.0), Group("Loss")]
    public double ValueCoefficient { get; init; } = 0.5;

    /// <summary>Limits changes of both value functions to the clip range (Baselines' PPO does).</summary>
    [Group("Loss")]
    public bool ValueClip { get; init; } = true;

    /// <summary>Continues both values beyond a time limit, which is no end of the task (Baselines' PPO: off).</summary>
    [Group("Loss")]
    public bool BootstrapOnTruncation { get; init; }

    /// <summary>Brings the advantages of each minibatch to mean 0 and deviation 1, in both rounds (Baselines' PPO does).</summary>
    [Group("Normalisation")]
    public bool NormaliseAdvantages { get; init; } = true;

    /// <summary>Brings observations to running mean 0 and deviation 1 (Baselines' PPO: on MuJoCo).</summary>
    [Group("Normalisation")]
    public bool NormaliseObservations { get; init; }

    /// <summary>Divides extrinsic rewards by the running deviation of their discounted sum (Baselines' PPO: on MuJoCo).</summary>
    [Group("Normalisation")]
    public bool NormaliseRewards { get; init; }

    /// <summary>Largest absolute value of a normalised observation (Baselines: 10).</summary>
    [Range(0.0, 1e6, MinimumIsExclusive = true), Group("Normalisation")]
    public double ObservationClip { get; init; } = 10;

    /// <summary>Largest absolute value of a normalised reward (Baselines: 10).</summary>
    [Range(0.0, 1e6, MinimumIsExclusive = true), Group("Normalisation")]
    public double RewardClip { get; init; } = 10;

    /// <summary>Starts the discounted sum anew with each episode (Baselines since 2018).</summary>
    [Group("Normalisation")]
    public bool ResetReturnOnDone { get; init; } = true;

    /// <summary>Units of each hidden layer of every network (the paper: Baselines' 64, 64); the policy's last one is the one that is normed.</summary>
    [Range(1, 65536), Unit("units"), Group("Network")]
    public int[] HiddenSizes { get; init; } = [64, 64];

    /// <summary>After each hidden layer (Baselines: tanh), the normed one included; the reward's narrow layer has none.</summary>
    [Group("Network")]
    public Activation Activation { get; init; } = Activation.Tanh;
}

/// <summary>
/// Conditional layer normalisation (Stadie, Zhang and Ba 2020, "Learning Intrinsic Rewards as a Bi-Level Optimization Problem"): the policy learns
/// from an intrinsic reward alone, and is conditioned on the weights of that reward, so that these can be trained on the extrinsic return
/// directly, without a derivative through the policy's learning. Deviations from the paper, and the numbers below, are in
/// docs/algorithms/cln.md.
/// </summary>
public sealed class Cln : IAlgorithm
{
    private readonly ClnConfig config;
    private readonly long totalUpdates;
    private readonly Experience experience;
    private readonly ConditionalActorCritic network, previous;
    private readonly BottleneckReward reward, payer;
    private readonly ValueNetwork extrinsicValue;
    private readonly Adam optimizer;
    private readonly OptimizerState optimizerState, rewardOptimizerState, valueOptimizerState;
    private readonly EpisodeLog episodes = new();
    private readonly RewardLog paid;
    private readonly bool policyLearns;
    // One per sample of the minibatch.
    private readonly float[] nlp, nlpGradient, valueGradient, denominators, outerAdvantages, oldOuterValues, outerValues, outerReturns, outerValueGradient;
    // Of the last step of the policy round: advantages before normalisation, parameters before it, the gradient given to it, and its length.
    private readonly float[] rawAdvantages, stepParameters, stepGradient, direction;
    private readonly float[] stepCondition, perStep;
    private readonly double[] episodeIntrinsic;
    private Trajectory training, validation;
    private double stepNorm;
    private Rng actionRng, shuffleRng, validationRng;
    private long updates;

    /// <summary>Makes networks and environments. The networks are small and work in main memory, whatever the setup's device.</summary>
    /// <param name="config">Hyper-parameters.</param>
    /// <param name="setup">World, budget, randomness and device.</param>
    public Cln(ClnConfig config, TrainingSetup setup)
    {
        this.config = config;
        var spec = setup.Environments.Spec;
        (actionRng, shuffleRng, validationRng) = (setup.Rng.Split("actions"), setup.Rng.Split("minibatches"), setup.Rng.Split("validation-minibatches"));
        experience = new Experience(
            new EnvironmentBatch(setup.Environments, config.Environments, setup.Rng.Split("environments"), config.Threads),
            config.NormaliseObservations ? new ObservationNormaliser(spec.Observation.Size, config.ObservationClip) : null,
            config.NormaliseRewards ? new RewardNormaliser(config.Environments, config.Gamma, config.RewardClip, config.ResetReturnOnDone) : null);
        (training, validation) = (new Trajectory(spec, config), new Trajectory(spec, config));
        var (steps, rows) = (training.Rollout.Rows, training.Rollout.Rows / config.Minibatches);
        totalUpdates = Math.Max(1, setup.Steps / (config.ReuseValidationRollout ? steps : 2 * steps));
        policyLearns = !config.WithoutIntrinsicReward || config.PolicyExtrinsicCoefficient > 0;
        var shape = new ActorCriticShape(spec.Observation.Shape, (spec.Action as Discrete)?.Count ?? spec.Action.Size, spec.Action is Box)
        {
            Network = NetworkKind.Mlp,
            Hidden = config.HiddenSizes,
            Activation = config.Activation,
        };
        (reward, payer) = (MakeReward(), MakeReward());
        (network, previous) = (MakePolicy(), MakePolicy());
        extrinsicValue = new ValueNetwork(spec.Observation.Size, config.HiddenSizes, config.Activation, steps, setup.Rng.Split("value-init"));
        optimizer = new Adam(config.AdamEpsilon, config.AdamEpsilonStyle, constantSquare: true);
        (optimizerState, rewardOptimizerState, valueOptimizerState) = (
            optimizer.Initial(network.Parameters), optimizer.Initial(reward.Parameters), optimizer.Initial(extrinsicValue.Parameters));
        Policy = new GreedyPolicy(network, experience);
        paid = new RewardLog(spec, config.Environments);
        Traces = config.WithoutIntrinsicReward
            ? []
            : [new StepTrace(LirpgFigures.TraceName, LirpgFigures.TraceMeaning, (observation, action, _) => RewardOf(experience.Seen(observation), action))];
        (nlp, nlpGradient, valueGradient, denominators) = (new float[rows], new float[rows], new float[rows], new float[rows]);
        (outerAdvantages, oldOuterValues, outerValues) = (new float[rows], new float[rows], new float[rows]);
        (outerReturns, outerValueGradient, rawAdvantages) = (new float[rows], new float[rows], new float[rows]);
        var parameters = (int)network.Parameters.numel();
        (stepParameters, stepGradient, direction) = (new float[parameters], new float[parameters], new float[parameters]);
        (stepCondition, perStep) = (new float[reward.ConditionSize], new float[steps]);
        episodeIntrinsic = new double[config.Environments];
        ConditionPolicy();

        BottleneckReward MakeReward() => new(shape, config.BottleneckUnits, config.RewardOutput, steps, setup.Rng.Split("reward-init"), config.RewardOutputScale);
        ConditionalActorCritic MakePolicy() => new(
            shape, reward.ConditionSize, steps, setup.Rng.Split("policy-init"), config.PolicyOutputScale, config.ConditionScale);
    }

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    /// <inheritdoc/>
    public IReadOnlyList<StepTrace> Traces { get; }

    /// <summary>The parameters θ of policy and intrinsic value function, flat.</summary>
    public torch.Tensor Parameters => network.Parameters;

    /// <summary>The weights η of the learned reward, flat.</summary>
    public torch.Tensor RewardParameters => reward.Parameters;

    /// <summary>Policy and intrinsic value function.</summary>
    internal ConditionalActorCritic Network => network;

    /// <summary>The learned reward.</summary>
    internal BottleneckReward RewardNetwork => reward;

    /// <summary>What the last policy round learned from.</summary>
    internal Rollout PolicyRollout => training.Rollout;

    /// <summary>What the last validation round learned from.</summary>
    internal Rollout ValidationRollout => validation.Rollout;

    /// <inheritdoc/>
    public Progress Update()
    {
        var points = new List<MetricValue>();
        var learningRate = config.LearningRateSchedule.At(config.LearningRate, updates, totalUpdates);
        var rewardLearningRate = config.RewardLearningRateSchedule.At(config.RewardLearningRate, updates, totalUpdates);
        var clipRange = (float)config.ClipRangeSchedule.At(config.ClipRange, updates, totalUpdates);
        var reused = config.ReuseValidationRollout && updates > 0;
        var steps = experience.Batch.Steps + training.Rollout.Rows * (reused ? 1 : 2);
        var means = new MetricMeans(steps);

        // 1: τ.
        if (reused)
            (training, validation) = (validation, training);
        else
            Collect(training, means, points);

        // 2: its intrinsic rewards under the present η, and the advantages that the policy round is after.
        EstimateIntrinsic();
        FlatMemory.Copy(network.Parameters, previous.Parameters);
        previous.ParametersChanged();
        previous.Condition(Condition());

        // 3-5: the policy round.
        for (var epoch = 0; epoch < config.Epochs; epoch++)
        {
            training.Minibatch.Shuffle(shuffleRng);
            for (var part = 0; part < config.Minibatches; part++)
            {
                var last = epoch == config.Epochs - 1 && part == config.Minibatches - 1;
                ImprovePolicy(part, learningRate, clipRange, last, means);
                // A reused rollout has trained it already.
                if (!reused)
                    ImproveExtrinsicValue(training, part, learningRate, clipRange, means);
            }
        }

        // 6-7: τ′ and its extrinsic advantages.
        Collect(validation, means, points);

        // 8: the policy that the ratio compares with, on τ′.
        var compared = validation.Rollout.NegativeLogProbabilities;
        if (config.EtaRatioDenominator == ClnDenominator.Old)
        {
            compared = perStep;
            previous.ForwardPolicy(validation.Rollout.Observations, validation.Rollout.Rows);
            previous.Evaluate(validation.Rollout.Actions, compared);
        }
        RememberPayer();

        // 9-12: the validation round.
        for (var epoch = 0; epoch < config.ValidationEpochs; epoch++)
        {
            validation.Minibatch.Shuffle(validationRng);
            for (var part = 0; part < config.Minibatches; part++)
            {
                ImproveReward(part, compared, learningRate, rewardLearningRate, clipRange, means);
                ImproveExtrinsicValue(validation, part, learningRate, clipRange, means);
            }
        }

        updates++;
        ReportNetworks(means);
        episodes.Summarise(steps, points);
        means.Report(points);
        points.AddDefined(Metrics.ExplainedVariance, steps, Returns.ExplainedVariance(training.Rollout.Values, training.Rollout.Returns));
        points.AddDefined(Metrics.ExtrinsicExplainedVariance, steps, Returns.ExplainedVariance(validation.ExtrinsicValues, validation.ExtrinsicReturns));
        points.Add(new(Metrics.LearningRate, steps, learningRate));
        return new Progress(steps, episodes.Count, points);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Figure> Figures() =>
    [
        .. LirpgFigures.Of(paid, RewardOf, network, training.Rollout, experience), ClnFigures.Of(network),
        .. RolloutFigures.Of(training.Rollout, network, experience),
    ];

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        writer.Write(updates);
        writer.WriteTensor(network.Parameters);
        writer.WriteTensor(reward.Parameters);
        writer.WriteTensor(extrinsicValue.Parameters);
        writer.Write(optimizerState);
        writer.Write(rewardOptimizerState);
        writer.Write(valueOptimizerState);
        writer.Write<double>(episodeIntrinsic);
        experience.Save(writer);
        episodes.Save(writer);
        actionRng.Save(writer);
        shuffleRng.Save(writer);
        validationRng.Save(writer);
        if (config.ReuseValidationRollout)
            validation.Save(writer);
        paid.Save(writer);
    }

    /// <inheritdoc/>
    public void Load(CheckpointReader reader)
    {
        updates = reader.ReadInt64();
        reader.ReadInto(network.Parameters);
        network.ParametersChanged();
        reader.ReadInto(reward.Parameters);
        reader.ReadInto(extrinsicValue.Parameters);
        reader.ReadInto(optimizerState);
        reader.ReadInto(rewardOptimizerState);
        reader.ReadInto(valueOptimizerState);
        reader.ReadInto<double>(episodeIntrinsic);
        experience.Load(reader);
        episodes.Load(reader);
        (actionRng, shuffleRng, validationRng) = (Rng.Load(reader), Rng.Load(reader), Rng.Load(reader));
        if (config.ReuseValidationRollout)
            validation.Load(reader);
        paid.Load(reader);
        ConditionPolicy();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        experience.Dispose();
        network.Dispose();
        previous.Dispose();
        reward.Dispose();
        payer.Dispose();
        extrinsicValue.Dispose();
        optimizerState.Dispose();
        rewardOptimizerState.Dispose();
        valueOptimizerState.Dispose();
    }

    /// <summary>Lines 1 and 6: acts with the present θ and η; extrinsic advantages and targets with the present V_ex.</summary>
    private void Collect(Trajectory trajectory, MetricMeans means, List<MetricValue> points)
    {
        var begun = experience.Batch.Steps;
        var rollout = trajectory.Rollout;
        var reported = points.Count;
        rollout.Collect(
            experience, network, actionRng, episode => episodes.Add(episode, points), keepTruncations: config.BootstrapOnTruncation);
        reward.Forward(rollout.Observations, rollout.Actions, perStep);
        ReportRewards(rollout, begun, means, points);
        paid.Add(rollout, perStep, points.GetRange(reported, points.Count - reported));

        var nextValues = new float[config.Environments];
        extrinsicValue.Forward(experience.Observations.ToArray(), nextValues);
        rollout.Rewards.CopyTo(perStep, 0);
        Span<float> value = [0f];
        foreach (var truncation in rollout.Truncations)
        {
            extrinsicValue.Forward(truncation.Observation, value);
            perStep[truncation.Row] += (float)config.Gamma * value[0];
        }
        extrinsicValue.Forward(rollout.Observations, trajectory.ExtrinsicValues);
        Estimate(rollout.Ended, trajectory.ExtrinsicValues, nextValues, trajectory.ExtrinsicAdvantages, trajectory.ExtrinsicReturns);
    }

    /// <summary>Line 2: advantages and targets of the rewards that the policy is paid.</summary>
    private void EstimateIntrinsic()
    {
        var rollout = training.Rollout;
        reward.Forward(rollout.Observations, rollout.Actions, perStep);
        var extrinsicWeight = (float)config.PolicyExtrinsicCoefficient;
        for (var row = 0; row < rollout.Rows; row++)
            perStep[row] = (config.WithoutIntrinsicReward ? 0 : perStep[row]) + extrinsicWeight * rollout.Rewards[row];
        foreach (var truncation in rollout.Truncations)
        {
            network.Forward(truncation.Observation, 1);
            perStep[truncation.Row] += (float)config.Gamma * network.Values[0];
        }
        Estimate(rollout.Ended, rollout.Values, rollout.NextValues, rollout.Advantages, rollout.Returns);
    }

    // Of the rewards in `perStep`.
    private void Estimate(bool[] ended, float[] values, float[] nextValues, float[] advantages, float[] returns)
    {
        Returns.GeneralizedAdvantages<float>(perStep, values, ended, nextValues, (float)config.Gamma, (float)config.GaeLambda, advantages);
        for (var row = 0; row < returns.Length; row++)
            returns[row] = advantages[row] + values[row];
    }

    /// <summary>Lines 4 and 5: one step of policy and intrinsic value, η as it is.</summary>
    private void ImprovePolicy(int part, double learningRate, float clipRange, bool last, MetricMeans means)
    {
        var minibatch = training.Minibatch;
        minibatch.Gather(part);
        minibatch.Advantages.CopyTo(rawAdvantages, 0);
        if (config.NormaliseAdvantages)
            PolicyGradients.Normalise<float>(minibatch.Advantages);

        // 4: the loss and its gradient.
        network.Forward(minibatch.Observations, nlp.Length);
        var entropy = network.Evaluate(minibatch.Actions, nlp);
        var surrogate = PolicyGradients.ClippedSurrogate(nlp, minibatch.NegativeLogProbabilities, minibatch.Advantages, clipRange, nlpGradient);
        means.Add(Metrics.PolicyLoss, surrogate.Loss);
        means.Add(Metrics.ValueLoss, PolicyGradients.ClippedValueLoss(
            network.Values, minibatch.Values, minibatch.Returns, ValueClip(clipRange), valueGradient));
        means.Add(Metrics.Entropy, entropy);
        means.Add(Metrics.ApproximateKl, surrogate.ApproximateKl);
        means.Add(Metrics.ClipFraction, surrogate.ClipFraction);
        FlatMemory.Scale(valueGradient, (float)config.ValueCoefficient);
        // Without any reward its advantages are the value function's errors: nothing to learn from.
        if (!policyLearns)
            Array.Clear(nlpGradient);
        network.Backward(
            minibatch.Actions, nlpGradient, policyLearns ? (float)-config.EntropyCoefficient : 0, valueGradient, ofCondition: false);

        // 5: the step; the round's last one is what line 11 goes back through.
        var norm = GlobalNorm.ClipInPlace(network.Gradient, config.MaximumGradientNorm);
        means.Add(Metrics.GradientNorm, norm);
        if (last)
        {
            FlatMemory.CopyFrom(network.Parameters, stepParameters);
            FlatMemory.CopyFrom(network.Gradient, stepGradient);
            stepNorm = norm;
        }
        optimizer.StepInPlace(network.Parameters, network.Gradient, optimizerState, learningRate);
        network.ParametersChanged();
    }

    /// <summary>Lines 10 to 12: one step of the reward's weights, θ as it is.</summary>
    private void ImproveReward(
        int part, float[] compared, double learningRate, double rewardLearningRate, float clipRange, MetricMeans means)
    {
        var minibatch = validation.Minibatch;
        minibatch.Gather(part);
        var rows = minibatch.RowsOf(part);
        for (var i = 0; i < rows.Length; i++)
            (denominators[i], outerAdvantages[i]) = (compared[rows[i]], validation.ExtrinsicAdvantages[rows[i]]);
        if (config.NormaliseAdvantages)
            PolicyGradients.Normalise<float>(outerAdvantages);

        // 10: the extrinsic loss, its gradient with respect to the condition, and q, that with respect to θ.
        network.ForwardPolicy(minibatch.Observations, nlp.Length);
        network.Evaluate(minibatch.Actions, nlp);
        var outer = PolicyGradients.ClippedSurrogate(nlp, denominators, outerAdvantages, clipRange, nlpGradient);
        means.Add(Metrics.MetaLoss, outer.Loss);
        means.Add(Metrics.MetaApproximateKl, outer.ApproximateKl);
        means.Add(Metrics.MetaRatioClipFraction, outer.ClipFraction);
        // One term needs no q: it is computed once in a pass, to be looked at.
        if (config.GradientTerms == ClnTerms.OneTerm && part > 0)
            network.BackwardToCondition(minibatch.Actions, nlpGradient);
        else
            network.Backward(minibatch.Actions, nlpGradient, 0, []);
        if (part == 0)
            means.Add(Metrics.MetaGradientCosine, MetaGradients.CosineWhereTouched(stepGradient, FlatMemory.Of(network.Gradient)));

        // 11: what η did to it through the policy's last step.
        var gradient = FlatMemory.Of(reward.Gradient);
        var ofCondition = gradient[reward.ConditionOffset..];
        gradient.Clear();
        if (config.GradientTerms != ClnTerms.OneTerm)
            BackThroughStep(learningRate, clipRange, gradient);
        means.Add(Metrics.IndirectGradientNorm, FlatMemory.Norm(gradient));
        if (config.GradientTerms != ClnTerms.LirpgTerm && config.Conditional)
            for (var i = 0; i < ofCondition.Length; i++)
                ofCondition[i] += network.ConditionGradient[i];

        // 12: the step.
        means.Add(Metrics.MetaGradientNorm, GlobalNorm.ClipInPlace(reward.Gradient, config.RewardMaximumGradientNorm));
        optimizer.StepInPlace(reward.Parameters, reward.Gradient, rewardOptimizerState, rewardLearningRate);
        ConditionPolicy();
    }

    // The reward network of the policy round, with its rewards of τ computed: what line 11 goes back to.
    private void RememberPayer()
    {
        if (config.GradientTerms == ClnTerms.OneTerm)
            return;
        FlatMemory.Copy(reward.Parameters, payer.Parameters);
        payer.Forward(training.Rollout.Observations, training.Rollout.Actions, new float[training.Rollout.Rows]);
        Condition().CopyTo(stepCondition);
    }

    /// <summary>Line 11: from q through Adam and the clip to w, then along w to the condition and to the advantages, and from these to η.</summary>
    private void BackThroughStep(double learningRate, float clipRange, Span<float> result)
    {
        FlatMemory.CopyFrom(network.Gradient, direction);
        optimizer.Backward(optimizerState, stepGradient, learningRate, direction, direction);
        MetaGradients.ThroughClip<float>(direction, stepGradient, stepNorm, config.MaximumGradientNorm);
        using var scope = torch.NewDisposeScope();
        torch.Tensor Column(float[] values) => FlatMemory.ToTensor(values, [values.Length], torch.CPU);
        var (minibatch, rollout) = (training.Minibatch, training.Rollout);
        var batch = new ClnBatch(
            FlatMemory.ToTensor(minibatch.Observations, [nlp.Length, rollout.ObservationSize], torch.CPU),
            experience.Batch.Spec.Action is Box
                ? FlatMemory.ToTensor(minibatch.Actions, [nlp.Length, rollout.ActionSize], torch.CPU)
                : Column(minibatch.Actions).to(torch.ScalarType.Int64),
            Column(minibatch.NegativeLogProbabilities), Column(minibatch.Values));
        var (ofCondition, ofAdvantages) = ClnGraph.AlongStep(
            config, network, Column(stepParameters), Column(stepCondition), batch, Column(rawAdvantages), Column(direction), clipRange,
            ValueClip(clipRange));

        var rewardGradient = new float[rollout.Rows];
        var rows = minibatch.RowsOf(config.Minibatches - 1);
        for (var i = 0; i < rows.Length; i++)
            rewardGradient[rows[i]] = FlatMemory.Of(ofAdvantages)[i];
        MetaGradients.ThroughReturns<float>(rewardGradient, rollout.Ended, config.Environments, (float)(config.Gamma * config.GaeLambda));
        if (!config.WithoutIntrinsicReward)
        {
            payer.Backward(rewardGradient);
            FlatMemory.CopyFrom(payer.Gradient, result);
        }
        if (config.GradientTerms == ClnTerms.ThreeTerms && config.Conditional)
            for (var i = 0; i < stepCondition.Length; i++)
                result[reward.ConditionOffset + i] += FlatMemory.Of(ofCondition)[i];
    }

    private void ImproveExtrinsicValue(Trajectory trajectory, int part, double learningRate, float clipRange, MetricMeans means)
    {
        var rows = trajectory.Minibatch.RowsOf(part);
        for (var i = 0; i < rows.Length; i++)
            (oldOuterValues[i], outerReturns[i]) = (trajectory.ExtrinsicValues[rows[i]], trajectory.ExtrinsicReturns[rows[i]]);
        extrinsicValue.Forward(trajectory.Minibatch.Observations, outerValues);
        means.Add(Metrics.ExtrinsicValueLoss, PolicyGradients.ClippedValueLoss(
            outerValues, oldOuterValues, outerReturns, ValueClip(clipRange), outerValueGradient));
        FlatMemory.Scale(outerValueGradient, (float)config.ValueCoefficient);
        extrinsicValue.Backward(outerValueGradient);
        GlobalNorm.ClipInPlace(extrinsicValue.Gradient, config.MaximumGradientNorm);
        optimizer.StepInPlace(extrinsicValue.Parameters, extrinsicValue.Gradient, valueOptimizerState, learningRate);
    }

    private void ReportRewards(Rollout rollout, long begun, MetricMeans means, List<MetricValue> points)
    {
        double intrinsicSum = 0, extrinsicSum = 0;
        for (var row = 0; row < rollout.Rows; row++)
        {
            intrinsicSum += perStep[row];
            extrinsicSum += rollout.Rewards[row];
            ref var sum = ref episodeIntrinsic[row % config.Environments];
            sum += perStep[row];
            if (!rollout.Ended[row])
                continue;
            points.Add(new(Metrics.IntrinsicReturn, begun + row + 1, sum));
            sum = 0;
        }
        means.Add(Metrics.IntrinsicReward, intrinsicSum / rollout.Rows);
        means.Add(Metrics.ExtrinsicReward, extrinsicSum / rollout.Rows);
    }

    private void ReportNetworks(MetricMeans means)
    {
        var own = network.Unconditioned;
        var units = network.Gain.Length;
        double gains = 0, biases = 0;
        for (var unit = 0; unit < units; unit++)
        {
            gains += Math.Pow(network.Gain[unit] - own[unit], 2) / units;
            biases += Math.Pow(network.Bias[unit] - own[units + unit], 2) / units;
        }
        means.Add(Metrics.ConditionedGain, Math.Sqrt(gains));
        means.Add(Metrics.ConditionedBias, Math.Sqrt(biases));
        means.Add(Metrics.ParameterNorm, network.ParameterNorm());
        means.Add(Metrics.RewardParameterNorm, Math.Sqrt(Math.Pow(reward.ParameterNorm(), 2) + Math.Pow(extrinsicValue.ParameterNorm(), 2)));
    }

    private float RewardOf(ReadOnlySpan<float> observation, ReadOnlySpan<float> action)
    {
        Span<float> result = [0f];
        reward.Forward(observation, action, result);
        return result[0];
    }

    // A condition of zeros leaves gain and bias to the layer's own parameters, and W_g and W_b without a gradient.
    private ReadOnlySpan<float> Condition() => config.Conditional ? reward.Condition : new float[reward.ConditionSize];

    private void ConditionPolicy() => network.Condition(Condition());

    private float ValueClip(float clipRange) => config.ValueClip ? clipRange : float.PositiveInfinity;

    /// <summary>One rollout and what its extrinsic rewards say.</summary>
    private sealed class Trajectory
    {
        public Trajectory(EnvironmentSpec spec, ClnConfig config)
        {
            Rollout = new Rollout(spec, config.Environments, config.StepsPerRollout);
            Minibatch = new Minibatch(Rollout, Rollout.Rows / config.Minibatches);
            (ExtrinsicValues, ExtrinsicAdvantages, ExtrinsicReturns) = (new float[Rollout.Rows], new float[Rollout.Rows], new float[Rollout.Rows]);
        }

        public Rollout Rollout { get; }

        public Minibatch Minibatch { get; }

        public float[] ExtrinsicValues { get; }

        public float[] ExtrinsicAdvantages { get; }

        public float[] ExtrinsicReturns { get; }

        public void Save(CheckpointWriter writer)
        {
            foreach (var field in Fields())
                writer.Write<float>(field);
            writer.Write<bool>(Rollout.Ended);
            writer.Write(Rollout.Truncations.Count);
            foreach (var truncation in Rollout.Truncations)
            {
                writer.Write(truncation.Row);
                writer.Write<float>(truncation.Observation);
            }
        }

        public void Load(CheckpointReader reader)
        {
            foreach (var field in Fields())
                reader.ReadInto<float>(field);
            reader.ReadInto<bool>(Rollout.Ended);
            Rollout.Truncations.Clear();
            for (var left = reader.ReadInt32(); left > 0; left--)
            {
                var truncation = new Truncation(reader.ReadInt32(), new float[Rollout.ObservationSize]);
                reader.ReadInto<float>(truncation.Observation);
                Rollout.Truncations.Add(truncation);
            }
        }

        private float[][] Fields() =>
            [Rollout.Observations, Rollout.Actions, Rollout.NegativeLogProbabilities, Rollout.Values, Rollout.Rewards, Rollout.NextValues];
    }
}
