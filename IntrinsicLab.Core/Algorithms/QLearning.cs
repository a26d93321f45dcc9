using System.ComponentModel.DataAnnotations;
using System.Runtime.InteropServices;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>How <see cref="QLearning"/> explores.</summary>
public enum TabularExploration
{
    /// <summary>Any action with probability ε, else the best.</summary>
    EpsilonGreedy,

    /// <summary>In proportion to the exponential of the value over the temperature.</summary>
    Boltzmann,

    /// <summary>Counts act on the choice: the action with the highest value plus α·sqrt(2 ln N(s) / n(s, a)).</summary>
    Ucb,

    /// <summary>Counts act on the reward, which gains β/√n(s, a); values start high.</summary>
    Bonus,

    /// <summary>Counts act on a counted model, in which the table is planned before each episode.</summary>
    MbieEb,
}

/// <summary>Hyper-parameters of <see cref="QLearning"/>.</summary>
public sealed record QLearningConfig
{
    /// <summary>How actions are chosen, and what counts of visits are used for.</summary>
    [Group("Exploration")]
    public TabularExploration Exploration { get; init; } = TabularExploration.EpsilonGreedy;

    /// <summary>ε, share of steps that take any action (epsilon-greedy).</summary>
    [Range(0.0, 1.0), Group("Exploration")]
    public double Epsilon { get; init; } = 0.1;

    /// <summary>How even the choice is, in units of the value (boltzmann).</summary>
    [Range(0.0, 1e6, MinimumIsExclusive = true), Unit("return"), Group("Exploration")]
    public double Temperature { get; init; } = 0.1;

    /// <summary>α, weight of the counts in the choice of an action (ucb; 1 suits returns between 0 and 1).</summary>
    [Range(0.0, 1e6), Group("Exploration")]
    public double UcbCoefficient { get; init; } = 1;

    /// <summary>β, reward of a first visit (bonus and mbie-eb; Strehl and Littman 2008: 0.05 to 0.5 in practice).</summary>
    [Range(0.0, 1e6), Unit("reward"), Group("Exploration")]
    public double BonusCoefficient { get; init; } = 0.1;

    /// <summary>
    /// How high pairs begin that were never tried, in units of what S states can be worth: β·S on top of the initial value with bonus,
    /// (1 + β)·S with mbie-eb.
    /// </summary>
    [Range(0.0, 1e6), Group("Exploration")]
    public double Optimism { get; init; } = 1;

    /// <summary>Q₀, value of every pair at first.</summary>
    [Range(-1e6, 1e6), Unit("return"), Group("Values")]
    public double InitialValue { get; init; }

    /// <summary>Share of the error that a step corrects.</summary>
    [Range(0.0, 1.0), Group("Values")]
    public double LearningRate { get; init; } = 0.5;

    /// <summary>Discount γ per step.</summary>
    [Range(0.0, 1.0), Group("Values")]
    public double Gamma { get; init; } = 0.99;

    /// <summary>Steps between two reports; results do not depend on it.</summary>
    [Range(1, 1_000_000), Unit("steps"), Group("Report")]
    public int StepsPerUpdate { get; init; } = 100;
}

/// <summary>
/// Tabular Q-learning (Watkins and Dayan 1992) with simple rules of exploration, to show what counts of visits are good for: in the choice of
/// an action they stay where they are, in the reward or in a model (MBIE-EB, Strehl and Littman 2008) they reach the states before. Numbers
/// refer to docs/algorithms/q-learning.md.
/// </summary>
public sealed class QLearning : IAlgorithm
{
    // Sweeps end early where the plan no longer moves.
    private const double Settled = 1e-10;

    private readonly QLearningConfig config;
    private readonly Experience experience;
    private readonly StateTable table;
    private readonly int actions;
    private readonly double[] values;
    private readonly int[] visits;
    private readonly double[] rewardSums;
    private readonly List<(int Next, int Count)>[] successors;
    private readonly double[] weights;
    private readonly float[] action = new float[1];
    private readonly EpisodeLog episodes = new();
    private Rng actionRng;
    private int start;
    private int statesVisited;

    /// <summary>Makes the table and the environment.</summary>
    /// <param name="config">Hyper-parameters.</param>
    /// <param name="setup">World, budget and randomness.</param>
    public QLearning(QLearningConfig config, TrainingSetup setup)
    {
        this.config = config;
        var spec = setup.Environments.Spec;
        (table, actions) = (spec.Table!, ((Discrete)spec.Action).Count);
        experience = new Experience(new EnvironmentBatch(setup.Environments, 1, setup.Rng.Split("environments")), null, null);
        actionRng = setup.Rng.Split("actions");
        var pairs = table.States * actions;
        (values, visits, weights) = (new double[pairs], new int[pairs], new double[actions]);
        values.AsSpan().Fill(config.InitialValue + config.Optimism * table.States * config.Exploration switch
        {
            TabularExploration.Bonus => config.BonusCoefficient,
            TabularExploration.MbieEb => 1 + config.BonusCoefficient,
            _ => 0,
        });
        var planned = config.Exploration == TabularExploration.MbieEb ? pairs : 0;
        rewardSums = new double[planned];
        successors = [.. Enumerable.Range(0, planned).Select(_ => new List<(int, int)>(1))];
        Policy = new TablePolicy(this);
        start = table.StateOf(experience.Observations);
    }

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    /// <summary>Q, [S × A].</summary>
    public ReadOnlySpan<double> Values => values;

    /// <summary>How often each pair was tried, [S × A].</summary>
    public ReadOnlySpan<int> Visits => visits;

    /// <inheritdoc/>
    public Progress Update()
    {
        var points = new List<MetricValue>();
        var batch = experience.Batch;
        var (errors, bonuses, best) = (0.0, 0.0, 0);
        for (var step = 0; step < config.StepsPerUpdate; step++)
        {
            // 1-2: the state; what happened last changed Q there.
            var state = table.StateOf(experience.Observations);
            var choices = values.AsSpan(state * actions, actions);

            // 3: choose.
            var chosen = Choose(state, choices);
            best += choices[chosen] == Exploration.Highest(choices) ? 1 : 0;

            // 4: act and count.
            action[0] = chosen;
            experience.Step(action);
            var pair = state * actions + chosen;
            statesVisited += visits.AsSpan(state * actions, actions).IndexOfAnyExcept(0) < 0 ? 1 : 0;
            visits[pair]++;
            var (terminated, ended) = (batch.Terminated[0], batch.Terminated[0] || batch.Truncated[0]);
            var next = table.StateOf(ended ? experience.FinalObservation(0) : experience.Observations);

            // 5: the bonus of the visit.
            var bonus = config.Exploration is TabularExploration.Bonus or TabularExploration.MbieEb
                ? Exploration.CountBonus(config.BonusCoefficient, visits[pair])
                : 0;

            // 6: the target; a time limit is no end.
            var following = terminated ? 0 : Exploration.Highest(values.AsSpan(next * actions, actions));
            var error = experience.Rewards[0] + bonus + config.Gamma * following - values[pair];
            errors += Math.Abs(error);
            bonuses += bonus;

            // 7: correct the table, or the model that it is planned in.
            if (config.Exploration == TabularExploration.MbieEb)
                Count(pair, experience.Rewards[0], terminated ? -1 : next);
            else
                values[pair] += config.LearningRate * error;

            if (!ended)
                continue;
            foreach (var episode in batch.Ended)
                episodes.Add(episode, points);
            start = table.StateOf(experience.Observations);
            // 8: plan the next episode.
            if (config.Exploration == TabularExploration.MbieEb)
                Plan();
        }

        episodes.Summarise(batch.Steps, points);
        points.Add(new(QLearningSettings.Error, batch.Steps, errors / config.StepsPerUpdate));
        points.Add(new(QLearningSettings.StartValue, batch.Steps, Exploration.Highest(values.AsSpan(start * actions, actions))));
        points.Add(new(QLearningSettings.BestShare, batch.Steps, (double)best / config.StepsPerUpdate));
        points.Add(new(QLearningSettings.StatesVisited, batch.Steps, statesVisited));
        points.Add(new(QLearningSettings.BonusMean, batch.Steps, bonuses / config.StepsPerUpdate));
        return new Progress(batch.Steps, episodes.Count, points);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Figure> Figures() => QLearningFigures.Of(table, actions, values, visits);

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        writer.Write<double>(values);
        writer.Write<int>(visits);
        writer.Write<double>(rewardSums);
        foreach (var known in successors)
        {
            writer.Write(known.Count);
            foreach (var (next, count) in known)
            {
                writer.Write(next);
                writer.Write(count);
            }
        }
        writer.Write(start);
        writer.Write(statesVisited);
        experience.Save(writer);
        episodes.Save(writer);
        actionRng.Save(writer);
    }

    /// <inheritdoc/>
    public void Load(CheckpointReader reader)
    {
        reader.ReadInto<double>(values);
        reader.ReadInto<int>(visits);
        reader.ReadInto<double>(rewardSums);
        foreach (var known in successors)
        {
            known.Clear();
            for (var left = reader.ReadInt32(); left > 0; left--)
                known.Add((reader.ReadInt32(), reader.ReadInt32()));
        }
        start = reader.ReadInt32();
        statesVisited = reader.ReadInt32();
        experience.Load(reader);
        episodes.Load(reader);
        actionRng = Rng.Load(reader);
    }

    /// <inheritdoc/>
    public void Dispose() => experience.Dispose();

    private int Choose(int state, ReadOnlySpan<double> choices)
    {
        switch (config.Exploration)
        {
            case TabularExploration.EpsilonGreedy when actionRng.NextDouble() < config.Epsilon:
                return actionRng.NextInt(actions);
            case TabularExploration.Boltzmann:
                Exploration.Boltzmann(choices, config.Temperature, weights);
                return Exploration.InProportion(weights, actionRng);
            case TabularExploration.Ucb:
                // Untried actions first: their bonus is infinite.
                var counts = visits.AsSpan(state * actions, actions);
                var total = 0L;
                foreach (var count in counts)
                    total += count;
                var logTotal = Math.Log(Math.Max(1, total));
                for (var each = 0; each < actions; each++)
                    weights[each] = counts[each] == 0
                        ? double.PositiveInfinity
                        : choices[each] + config.UcbCoefficient * Exploration.UcbBonus(logTotal, counts[each]);
                return Exploration.Highest(weights, actionRng);
            default:
                return Exploration.Highest(choices, actionRng);
        }
    }

    private void Count(int pair, double reward, int next)
    {
        rewardSums[pair] += reward;
        if (next < 0)
            return;
        var known = CollectionsMarshal.AsSpan(successors[pair]);
        for (var index = 0; index < known.Length; index++)
            if (known[index].Next == next)
            {
                known[index].Count++;
                return;
            }
        successors[pair].Add((next, 1));
    }

    // Value iteration in the counted model, in place; what was never tried keeps its first value.
    private void Plan()
    {
        for (var sweep = 0; sweep < 3 * table.States; sweep++)
        {
            var change = 0.0;
            for (var pair = 0; pair < values.Length; pair++)
            {
                if (visits[pair] == 0)
                    continue;
                var following = 0.0;
                foreach (var (next, count) in CollectionsMarshal.AsSpan(successors[pair]))
                    following += count * Exploration.Highest(values.AsSpan(next * actions, actions));
                var value = (rewardSums[pair] + config.Gamma * following) / visits[pair]
                    + Exploration.CountBonus(config.BonusCoefficient, visits[pair]);
                change = Math.Max(change, Math.Abs(value - values[pair]));
                values[pair] = value;
            }
            if (change < Settled)
                return;
        }
    }

    private sealed class TablePolicy(QLearning learner) : IPolicy
    {
        public void Act(ReadOnlySpan<float> observation, Span<float> action)
        {
            var choices = learner.values.AsSpan(learner.table.StateOf(observation) * learner.actions, learner.actions);
            action[0] = choices.IndexOf(Exploration.Highest(choices));
        }
    }
}
