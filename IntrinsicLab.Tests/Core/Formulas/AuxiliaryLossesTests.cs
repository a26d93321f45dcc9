using IntrinsicLab.Core;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Formulas;

public class AuxiliaryLossesTests
{
    [Fact]
    public void PixelChange_TwoChannels_AveragesOverSquareAndChannels()
    {
        // Four rows and columns, two channels. Place (0, 1) changes by 1 in one channel, place (3, 2) by −0.5 and 1.
        var (before, after) = (new double[32], new double[32]);
        after[(0 * 4 + 1) * 2] = 1;
        (before[(3 * 4 + 2) * 2], after[(3 * 4 + 2) * 2 + 1]) = (0.5, 1);
        var cells = new double[4];

        AuxiliaryLosses.PixelChange<double>(before, after, 4, 4, 2, cells);

        Numbers.Close([1.0 / 8, 0, 0, 1.5 / 8], cells, 1e-15);
    }

    [Fact]
    public void PixelChange_SquaresThatDoNotFill_LeavesTheMarginsOut()
    {
        // Five rows and columns in squares of two: the last row and the last column are cut off. Of 84 in squares of 4 none is, of 7 in 3 one.
        var (before, after) = (new double[25], new double[25]);
        (after[0], after[4], after[24], after[3 * 5 + 3]) = (1, 1, 1, 1);
        var cells = new double[4];
        AuxiliaryLosses.PixelChange<double>(before, after, 5, 5, 2, cells);
        Numbers.Close([0.25, 0, 0, 0.25], cells, 1e-15);

        // Six in squares of four leave one line on every side.
        (before, after) = (new double[36], new double[36]);
        (after[0], after[7], after[28]) = (1, 1, 1);
        AuxiliaryLosses.PixelChange<double>(before, after, 6, 6, 4, cells.AsSpan(0, 1));
        Assert.Equal(2.0 / 16, cells[0], 1e-15);
    }

    [Fact]
    public void Duel_TwoCells_CentresTheAdvantages()
    {
        var values = new double[6];

        AuxiliaryLosses.Duel<double>([10, 1, 2, 6, -1, 0, 0, 3], 3, values);

        Numbers.Close([8, 9, 13, -2, -2, 1], values, 1e-15);
    }

    [Fact]
    public void ControlTargets_TwoSequencesOfTwoCells_GivesTheNumbersWorkedOutByHand()
    {
        // [T = 3, B = 2, cells = 2]. The second sequence's episode ends with step 1. Q at the end: best 10, 20 | 30, 40.
        double[] rewards = [1, 0, /**/ 5, 6, /**/ 2, 0, /**/ 7, 8, /**/ 4, 1, /**/ 9, 1];
        bool[] ended = [false, false, false, true, false, false];
        double[] last = [10, 3, /**/ -5, 20, /**/ 30, 30, /**/ 1, 40];
        var targets = new double[12];

        AuxiliaryLosses.ControlTargets<double>(rewards, ended, last, 2, 0.5, targets);

        Numbers.Close([4.25, 2.75, 8.5, 10, 6.5, 5.5, 7, 8, 9, 11, 24, 21], targets, 1e-12);
    }

    [Fact]
    public void ControlLoss_ThroughTheDuelingHead_EqualsFiniteDifferences()
    {
        const int Cells = 3, Actions = 4, Action = 2;
        var rng = new Rng(5);
        var (outputs, targets) = (Numbers.Random(rng, Cells * (Actions + 1)), Numbers.Random(rng, Cells));
        double Loss(double[] head)
        {
            var values = new double[Cells * Actions];
            AuxiliaryLosses.Duel<double>(head, Actions, values);
            return AuxiliaryLosses.ControlLoss<double>(values, targets, Action, Actions, 1, new double[head.Length]);
        }

        var (all, gradient) = (new double[Cells * Actions], new double[outputs.Length]);
        AuxiliaryLosses.Duel<double>(outputs, Actions, all);
        var loss = AuxiliaryLosses.ControlLoss<double>(all, targets, Action, Actions, 0.3, gradient);

        Assert.Equal(Enumerable.Range(0, Cells).Sum(cell => Math.Pow(all[cell * Actions + Action] - targets[cell], 2)) / 2, loss, 1e-12);
        Numbers.Close(Numbers.FiniteDifferences(head => 0.3 * Loss(head), outputs), gradient, 1e-8);
    }

    [Theory]
    [InlineData(0f, 0)]
    [InlineData(1e-6f, 1)]
    [InlineData(-3f, 2)]
    public void RewardClass_OfAReward_IsItsSign(float reward, int expected) => Assert.Equal(expected, AuxiliaryLosses.RewardClass(reward));
}
