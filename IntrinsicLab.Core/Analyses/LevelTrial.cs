using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Core.Analyses;

/// <summary>How long an agent lives in a level, and in how many copies of it.</summary>
/// <param name="Updates">Updates of a life.</param>
/// <param name="Environments">Copies, E.</param>
/// <param name="StepsPerRollout">Steps of each copy for one update, T.</param>
public sealed record TrialLength(int Updates = 400, int Environments = 16, int StepsPerRollout = 20);

/// <summary>Hyper-parameters of advantage actor-critic on tables (Mnih et al. 2016), with generalised advantages.</summary>
/// <param name="LearningRate">α of the policy, for the mean over the rollout.</param>
/// <param name="EntropyCoefficient">Weight of the policy's entropy.</param>
/// <param name="Lambda">Trace decay λ.</param>
/// <param name="NormaliseAdvantages">Brings each rollout's advantages to mean 0 and deviation 1.</param>
public sealed record TableActorCritic(double LearningRate = 20, double EntropyCoefficient = 0.01, double Lambda = 0.95, bool NormaliseAdvantages = true)
{
    /// <summary>Discount γ.</summary>
    public double Gamma { get; init; } = 0.99;
}

/// <summary>
/// One life of an agent of two tables in one level, by a learned rule, by A2C or by chance: the same worlds, copies, steps and random streams for
/// all, so that their scores can be compared.
/// </summary>
public sealed class LevelTrial
{
    /// <summary>Share of a life, at its end, whose episodes are its score.</summary>
    public const double ScoredShare = 0.2;

    private readonly ITabularLevel level;
    private readonly TrialLength length;
    private readonly TabularBatch batch;
    private readonly Rng actions;
    private readonly float[] policies, logarithms;
    private readonly double[] curve;

    private LevelTrial(ITabularLevel level, TrialLength length, Rng rng)
    {
        (this.level, this.length) = (level, length);
        batch = new TabularBatch(1, length.Environments, rng);
        batch.Begin(0, 0, level);
        actions = batch.Stream(0).Split("actions");
        Agent = new TabularAgent<float>(level.States, level.Actions, 0);
        var rows = length.Environments * length.StepsPerRollout * level.Actions;
        (policies, logarithms) = (new float[rows], new float[rows]);
        curve = new double[length.Updates];
    }

    /// <summary>The agent as the life left it.</summary>
    public TabularAgent<float> Agent { get; private set; }

    /// <summary>Mean return of the episodes that ended in each update; not a number where none did.</summary>
    public IReadOnlyList<double> Curve => curve;

    /// <summary>Mean return of the episodes that ended in the last fifth of the life.</summary>
    public double Score { get; private set; }

    /// <summary>A life by a learned rule.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="rates">Its step sizes.</param>
    /// <param name="level">The world.</param>
    /// <param name="length">How long it lasts.</param>
    /// <param name="rng">Equal generators give equal lives.</param>
    public static LevelTrial ByRule(RuleContent rule, AgentRates rates, ITabularLevel level, TrialLength length, Rng rng)
    {
        var trial = new LevelTrial(level, length, rng) { Agent = Lpg.NewAgent(level, rule.Network.Predictions, rng.Split("agent")) };
        var window = new LifetimeWindow<float>(rule.Network, 1, length.StepsPerRollout, length.Environments, level.States, level.Actions);
        var values = rule.Network.Semantics == RuleSemantics.Values ? trial.Values(rule.Gamma, 0.95) : null;
        window.Begin(trial.Agent, rates);
        trial.Live(
            window.Rollouts[0],
            (step, states, chosen) =>
            {
                window.Read(0, step, states);
                Lpg.Choose(window.Policy(0, step), level.Actions, trial.actions, chosen);
            },
            rollout =>
            {
                window.Update(0, rule.Parameters, rule.Gamma);
                values?.Evaluate(trial.Agent.Values, rollout);
            });
        return trial;
    }

    /// <summary>A life by advantage actor-critic.</summary>
    /// <param name="config">Its hyper-parameters.</param>
    /// <param name="level">The world.</param>
    /// <param name="length">How long it lasts.</param>
    /// <param name="rng">Equal generators give equal lives.</param>
    public static LevelTrial ByActorCritic(TableActorCritic config, ITabularLevel level, TrialLength length, Rng rng)
    {
        var trial = new LevelTrial(level, length, rng);
        var values = trial.Values(config.Gamma, config.Lambda);
        trial.Live(new TabularRollout(length.StepsPerRollout, 1, length.Environments), trial.Choose, rollout =>
        {
            values.Evaluate(trial.Agent.Values, rollout);
            if (config.NormaliseAdvantages)
                PolicyGradients.Normalise(values.Advantages);
            trial.ClimbAdvantages(rollout, values.Advantages, config);
        });
        return trial;
    }

    /// <summary>A life of chance.</summary>
    /// <param name="level">The world.</param>
    /// <param name="length">How long it lasts.</param>
    /// <param name="rng">Equal generators give equal lives.</param>
    public static LevelTrial ByChance(ITabularLevel level, TrialLength length, Rng rng)
    {
        var trial = new LevelTrial(level, length, rng);
        trial.Live(new TabularRollout(length.StepsPerRollout, 1, length.Environments), trial.Choose, _ => { });
        return trial;
    }

    private delegate void Chooser(int step, ReadOnlySpan<int> states, Span<byte> chosen);

    private TableValues Values(double gamma, double lambda) => new(length.StepsPerRollout, length.Environments, level.States, gamma, lambda);

    private void Live(TabularRollout rollout, Chooser choose, Action<TabularRollout> learn)
    {
        var (episodes, returns) = (0L, 0.0);
        for (var update = 0; update < length.Updates; update++)
        {
            for (var step = 0; step < length.StepsPerRollout; step++)
            {
                choose(step, batch.States(0), rollout.ActionsOf(step, 0));
                rollout.Step(batch, 0, step, 0);
            }
            learn(rollout);
            var (count, sum) = batch.TakeEpisodes(0);
            curve[update] = count > 0 ? sum / count : double.NaN;
            if (update < (1 - ScoredShare) * length.Updates)
                continue;
            (episodes, returns) = (episodes + count, returns + sum);
        }
        Score = episodes > 0 ? returns / episodes : double.NaN;
    }

    private void Choose(int step, ReadOnlySpan<int> states, Span<byte> chosen)
    {
        var first = step * length.Environments * level.Actions;
        var logits = logarithms.AsSpan(first, length.Environments * level.Actions);
        for (var e = 0; e < states.Length; e++)
            Agent.Policy.AsSpan(states[e] * level.Actions, level.Actions).CopyTo(logits[(e * level.Actions)..]);
        var policy = policies.AsSpan(first, logits.Length);
        LearnedUpdate.Softmax(logits, policy, level.Actions);
        Lpg.Choose(policy, level.Actions, actions, chosen);
    }

    // Δθ = α·mean[Â·∇ log π(a|s) + c·∇ H(π(s))].
    private void ClimbAdvantages(TabularRollout rollout, ReadOnlySpan<float> advantages, TableActorCritic config)
    {
        var rate = (float)(config.LearningRate / advantages.Length);
        for (var b = 0; b < advantages.Length; b++)
        {
            var row = Agent.Policy.AsSpan(rollout.States[b] * level.Actions, level.Actions);
            var p = policies.AsSpan(b * level.Actions, level.Actions);
            LearnedUpdate.MovePolicy<float>(row, p, rollout.Actions[b], rate * advantages[b]);
            LearnedUpdate.AddEntropyGradient<float>(row, p, logarithms.AsSpan(b * level.Actions, level.Actions), -rate * (float)config.EntropyCoefficient);
        }
    }
}
