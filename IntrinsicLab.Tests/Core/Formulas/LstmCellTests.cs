using IntrinsicLab.Core;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Formulas;

public class LstmCellTests
{
    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    // h and c of one step from gates before their squashing, [input | forget | output | candidate].
    private static (double[] Hidden, double[] Cell, double[] Gates, double[] Squashed) Step(double[] raw, double[] previousCell)
    {
        var units = previousCell.Length;
        double[] gates = [.. raw.Select((value, i) => i < 3 * units ? Sigmoid(value) : Math.Tanh(value))];
        var (cell, hidden) = (new double[units], new double[units]);
        LstmCell.Cell<double>(gates, previousCell, cell);
        double[] squashed = [.. cell.Select(Math.Tanh)];
        LstmCell.Hidden<double>(gates, squashed, hidden);
        return (hidden, cell, gates, squashed);
    }

    [Fact]
    public void Step_OneUnit_GivesTheNumbersWorkedOutByHand()
    {
        // i = σ(0) = ½, f = σ(ln 3) = ¾, o = σ(−ln 3) = ¼, g = tanh(atanh 0.6) = 0.6: c = ¾·2 + ½·0.6 = 1.8.
        var (hidden, cell, _, _) = Step([0, Math.Log(3), -Math.Log(3), Math.Atanh(0.6)], [2]);

        Assert.Equal(1.8, cell[0], 1e-15);
        Assert.Equal(0.25 * Math.Tanh(1.8), hidden[0], 1e-15);
    }

    [Fact]
    public void Backward_RandomGates_EqualsFiniteDifferences()
    {
        const int Units = 3;
        var rng = new Rng(3);
        var (raw, previous) = (Numbers.Random(rng, 4 * Units), Numbers.Random(rng, Units));
        var (hiddenSlope, cellSlope) = (Numbers.Random(rng, Units), Numbers.Random(rng, Units));
        double Loss(double[] gates, double[] before)
        {
            var (hidden, cell, _, _) = Step(gates, before);
            return Enumerable.Range(0, Units).Sum(i => hiddenSlope[i] * hidden[i] + cellSlope[i] * cell[i]);
        }

        var at = Step(raw, previous);
        var (cellGradient, gateGradient) = ((double[])cellSlope.Clone(), new double[4 * Units]);
        LstmCell.Backward<double>(at.Gates, previous, at.Squashed, hiddenSlope, cellGradient, gateGradient);

        Numbers.Close(Numbers.FiniteDifferences(gates => Loss(gates, previous), raw), gateGradient, 1e-9);
        Numbers.Close(Numbers.FiniteDifferences(before => Loss(raw, before), previous), cellGradient, 1e-9);
    }
}
