using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>What <see cref="QLearning"/> shows of itself: values and visits, where its states lie.</summary>
internal static class QLearningFigures
{
    private const int MostCells = 20_000;

    public static IReadOnlyList<Figure> Of(StateTable table, int actions, ReadOnlySpan<double> values, ReadOnlySpan<int> visits)
    {
        var cells = table.Columns * table.Rows;
        if (cells > MostCells)
            return [];
        var (highest, taken) = (new double[cells], new double[cells]);
        highest.AsSpan().Fill(double.NaN);
        taken.AsSpan().Fill(double.NaN);
        for (var state = 0; state < table.States; state++)
        {
            var (cell, steps) = (table.CellOf(state), 0L);
            for (var action = 0; action < actions; action++)
                steps += visits[state * actions + action];
            taken[cell] = (double.IsNaN(taken[cell]) ? 0 : taken[cell]) + steps;
            for (var action = 0; action < actions && steps > 0; action++)
                if (!(highest[cell] >= values[state * actions + action]))
                    highest[cell] = values[state * actions + action];
        }
        double[] columns = [.. Enumerable.Range(1, table.Columns).Select(column => (double)column)];
        double[] rows = [.. Enumerable.Range(1, table.Rows).Select(row => (double)row)];
        var shared = table.States > cells ? " Several states lie on one cell." : "";
        return
        [
            new HeatFigure("values", "Value of each state",
                $"The value of the best action in every state that was visited; gaps were never seen.{(shared.Length > 0 ? shared[..^1] + "; the highest is shown." : "")}",
                new("column"), new("row"), columns, rows, highest, "value") { Map = true },
            new HeatFigure("visits", "Visits of each state", $"How many steps were taken in every state since the run began.{(shared.Length > 0 ? shared[..^1] + "; their steps are added up." : "")}",
                new("column"), new("row"), columns, rows, taken, "steps") { Map = true },
        ];
    }
}
