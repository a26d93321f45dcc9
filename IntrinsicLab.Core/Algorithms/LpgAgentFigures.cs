using System.Globalization;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>What the rule said of the last rollout, and what the agent has made of it: its policy's entropy and its predictions, state by state.</summary>
internal static class LpgAgentFigures
{
    private const int MostSteps = 500;
    private const int MostPredictions = 8;
    private const int MostCells = 20_000;

    /// <summary>Figures after an update.</summary>
    /// <param name="experience">The world.</param>
    /// <param name="student">Tables or networks.</param>
    /// <param name="readsValues">Predictions are state values.</param>
    /// <param name="gamma">γ of the rule.</param>
    /// <param name="rewards">r of the last rollout as the rule read it, [T, B].</param>
    /// <param name="ended">Whether the step ended its episode, [T, B].</param>
    /// <param name="targets">π̂, [T, B].</param>
    public static IReadOnlyList<Figure> Of(
        Experience experience, IRuleStudent student, bool readsValues, double gamma, ReadOnlySpan<float> rewards, ReadOnlySpan<bool> ended,
        ReadOnlySpan<float> targets)
    {
        List<Figure> figures = [Along(experience.Batch.Count, rewards, ended, targets), Against(experience.Batch.Count, gamma, rewards, ended, targets)];
        if (experience.Batch.Spec.Table is { } table && student is RuleTables tables)
            figures.AddRange(Maps(table, tables, readsValues));
        return figures;
    }

    /// <summary>Reward and π̂ along the rollout of the first environment.</summary>
    private static LineFigure Along(int environments, ReadOnlySpan<float> rewards, ReadOnlySpan<bool> ended, ReadOnlySpan<float> targets)
    {
        var steps = Math.Min(rewards.Length / environments, MostSteps);
        var (x, paid, asked, breaks) = (new double[steps], new double[steps], new double[steps], new List<double>());
        for (var step = 0; step < steps; step++)
        {
            var row = step * environments;
            (x[step], paid[step], asked[step]) = (step, rewards[row], targets[row]);
            if (ended[row])
                breaks.Add(step + 0.5);
        }
        return new LineFigure("rule-response", "What the rule made of the last rollout",
            "Rewards of the first environment, and π̂: above 0 the rule makes the step's action more likely. It reads from the right end to the left, "
            + "and nothing passes the dotted ends of episodes.",
            new("step of the rollout"), new("reward"), [new("Reward", x, paid), new("π̂", x, asked) { OnRight = true }])
        {
            Right = new("π̂"),
            Breaks = breaks,
        };
    }

    /// <summary>π̂ over what was still to come: what an actor-critic's advantage would go by.</summary>
    private static LineFigure Against(
        int environments, double gamma, ReadOnlySpan<float> rewards, ReadOnlySpan<bool> ended, ReadOnlySpan<float> targets)
    {
        var returns = new float[rewards.Length];
        Returns.NStep(rewards, ended, new float[environments], (float)gamma, returns);
        // Every so many steps, so that all of the rollout is seen however long it is.
        var apart = (rewards.Length + MostSteps - 1) / MostSteps;
        var (x, y) = (new List<double>(), new List<double>());
        for (var row = 0; row < rewards.Length; row += apart)
        {
            x.Add(returns[row]);
            y.Add(targets[row]);
        }
        return new LineFigure("rule-against-returns", "π̂ and the return to come",
            "Each dot is a step of the last rollout: the discounted return that followed within the rollout, and π̂. In a rising cloud what paid becomes likelier; "
            + "its width is what the rule knows besides, from predictions and probabilities.",
            new("discounted return to the end of the rollout"), new("π̂"), [new("Steps", x, y) { Points = true }]);
    }

    /// <summary>Entropy and predictions where the states lie; states that share a cell count by their visits.</summary>
    private static IEnumerable<HeatFigure> Maps(StateTable table, RuleTables tables, bool readsValues)
    {
        if (table.Columns * table.Rows > MostCells)
            yield break;
        var (entropies, predictions) = (new double[table.States], new double[tables.Width][]);
        for (var index = 0; index < predictions.Length; index++)
            predictions[index] = new double[table.States];
        var actions = tables.Policy.Length / table.States;
        var (logarithms, shares) = (new float[Math.Max(actions, tables.Width)], new float[Math.Max(actions, tables.Width)]);
        for (var state = 0; state < table.States; state++)
        {
            Spread(tables.Policy.Slice(state * actions, actions));
            entropies[state] = LearnedUpdate.Entropy<float>(shares.AsSpan(0, actions), logarithms.AsSpan(0, actions));
            var prediction = tables.Prediction.Slice(state * tables.Width, tables.Width);
            if (readsValues)
                predictions[0][state] = prediction[0];
            else if (tables.Width > 0)
            {
                Spread(prediction);
                for (var index = 0; index < tables.Width; index++)
                    predictions[index][state] = shares[index];
            }
        }
        const string Shared = " Cells that several states lie on show their mean, by visits; gaps were never seen.";
        var gaps = table.States > table.Columns * table.Rows ? Shared : " Gaps were never seen.";
        yield return Map("policy-entropy", "Entropy of the policy in each state",
            $"How undecided the policy is; ln {actions} = {Math.Log(actions).ToString("0.00", CultureInfo.InvariantCulture)} is any action alike.{gaps}", entropies, "nats");
        if (readsValues)
            yield return Map("values", "Value of each state", $"The state values that the rule reads in place of predictions.{gaps}", predictions[0], "value");
        for (var index = 0; index < Math.Min(tables.Width, MostPredictions) && !readsValues; index++)
            yield return Map($"prediction-{index + 1}", $"Prediction {index + 1} of each state",
                $"Component {index + 1} of {tables.Width} of the prediction y. Nobody gave it a meaning: what it tells of a state is the rule's own invention.{gaps}",
                predictions[index], "share of the prediction");

        void Spread(ReadOnlySpan<float> logits)
        {
            logits.CopyTo(logarithms);
            LearnedUpdate.Softmax(logarithms.AsSpan(0, logits.Length), shares.AsSpan(0, logits.Length), logits.Length);
        }

        HeatFigure Map(string id, string title, string caption, double[] values, string label)
        {
            var (sums, weights) = (new double[table.Columns * table.Rows], new double[table.Columns * table.Rows]);
            for (var state = 0; state < values.Length; state++)
            {
                var (cell, weight) = (table.CellOf(state), tables.Visits[state]);
                sums[cell] += weight * values[state];
                weights[cell] += weight;
            }
            return new HeatFigure(id, title, caption, new("column"), new("row"),
                [.. Enumerable.Range(1, table.Columns).Select(column => (double)column)],
                [.. Enumerable.Range(1, table.Rows).Select(row => (double)row)],
                [.. sums.Zip(weights, (sum, weight) => sum / weight)], label) { Map = true };
        }
    }
}
