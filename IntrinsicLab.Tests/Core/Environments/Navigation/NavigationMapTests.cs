using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments.Navigation;

namespace IntrinsicLab.Tests.Core.Environments.Navigation;

public class NavigationMapTests
{
    private static readonly NavigationMap[] Fields = [NavigationMap.Open, NavigationMap.Shelf, NavigationMap.LongShelf, NavigationMap.Cup];
    private static readonly NavigationMap[] Mazes = [NavigationMap.SquareA, NavigationMap.Tree, NavigationMap.Corridor];

    public static TheoryData<string> Names => [.. Fields.Concat(Mazes).Select(map => map.Name)];

    // Each move's straight way must not touch a wall, and its L-shaped way (x first) must not either: that is what the rule walks.
    [Fact]
    public void Move_AtRandom_CrossesNoWallAndLeavesNoField()
    {
        foreach (var map in Fields)
        {
            var rng = new Rng(3);
            var (x, y) = map.Start;
            for (var step = 0; step < 20_000; step++)
            {
                var (newX, newY) = map.Move(x, y, rng.NextDouble(-0.2, 0.2), rng.NextDouble(-0.2, 0.2));
                Assert.True(map.IsFree(newX, newY) && map.Sees(x, y, newX, y) && map.Sees(newX, y, newX, newY), $"{map.Name}: ({x}, {y}) to ({newX}, {newY})");
                (x, y) = (newX, newY);
            }
        }
    }

    [Fact]
    public void Slide_AtRandom_StaysInTheMaze()
    {
        foreach (var map in Mazes)
        {
            var rng = new Rng(4);
            var (x, y) = map.Start;
            var cells = new HashSet<(double, double)>();
            for (var step = 0; step < 20_000; step++)
            {
                (x, y) = map.Slide(x, y, rng.NextDouble(-0.95, 0.95), rng.NextDouble(-0.95, 0.95), rng);
                Assert.True(map.IsFree(x, y), $"{map.Name}: ({x}, {y})");
                cells.Add((Math.Round(x), Math.Round(y)));
            }
            Assert.Equal(map.Free.Count, cells.Count);
        }
    }

    [Fact]
    public void Move_TowardsTheShelf_StopsJustBelow()
    {
        var (x, y) = NavigationMap.Shelf.Start;
        for (var step = 0; step < 10; step++)
            (x, y) = NavigationMap.Shelf.Move(x, y, 0, 0.1);

        Assert.Equal((-0.5, -0.001), (x, y));
    }

    [Fact]
    public void Move_IntoTheCupsSide_StopsOnTheSideItCameFrom()
    {
        Assert.Equal((0.499, 0.1), NavigationMap.Cup.Move(0.45, 0.1, 0.1, 0));
        Assert.Equal((0.501, 0.1), NavigationMap.Cup.Move(0.55, 0.1, -0.1, 0));
        Assert.Equal(0.45, NavigationMap.Cup.Move(0.55, -0.5, -0.1, 0).X, 1e-12);
    }

    [Fact]
    public void Slide_AlongAWall_KeepsTheParallelPart()
    {
        var (x, y) = NavigationMap.Corridor.Slide(0, 0.4, 0.5, 0.5, new Rng(1));

        Assert.Equal(0.5, x, 1e-12);
        Assert.InRange(y, 0.49, 0.5);
    }

    [Fact]
    public void Slide_IntoACorner_EndsInIt()
    {
        var (x, y) = NavigationMap.Corridor.Slide(5, 0, 0.9, 0.9, new Rng(1));

        Assert.InRange(x, 5.49, 5.5);
        Assert.InRange(y, 0.49, 0.5);
    }

    [Fact]
    public void Mazes_HaveTheCellsOfTheirDescription()
    {
        Assert.Equal([17, 31, 11], Mazes.Select(map => map.Free.Count));
        Assert.True(NavigationMap.SquareA.IsFree(2, 0) && !NavigationMap.SquareA.IsFree(3, 0) && !NavigationMap.SquareA.IsFree(2, -3));
        Assert.True(NavigationMap.Tree.IsFree(-6, -6) && NavigationMap.Tree.IsFree(2, -6) && !NavigationMap.Tree.IsFree(0, -3));
    }

    [Fact]
    public void DistancesTo_InSight_IsEuclid()
    {
        var field = NavigationMap.Cup.DistancesTo(0.3, -0.8);

        Assert.Equal(Math.Sqrt(0.09 + 0.64), field.From(0, 0), 1e-12);
        Assert.Equal(0.0, field.From(0.3, -0.8));
    }

    // Round the shelf's end at (0, 0): two straight parts.
    [Fact]
    public void DistancesTo_BehindTheShelf_IsTheWayRoundItsEnd()
    {
        var exact = Math.Sqrt(0.25 + 0.16) + Math.Sqrt(0.36 + 0.25);

        Assert.InRange(NavigationMap.Shelf.DistancesTo(-0.6, 0.5).From(-0.5, -0.4), exact - 1e-9, 1.004 * exact);
    }

    [Fact]
    public void DistancesTo_AcrossTheTree_CutsEveryCorner()
    {
        // From one end to the next: up 1.5 to the corner's height, straight across 3 (cells are 1 wide), down 1.5.
        Assert.Equal(2 * Math.Sqrt(0.25 + 2.25) + 3, NavigationMap.Tree.DistancesTo(-6, -6).From(-2, -6), 0.01);
        // The whole tree: round two corners of each of three forks.
        var across = NavigationMap.Tree.DistancesTo(-6, -6).From(6, -6);
        Assert.InRange(across, 14, 18);
        Assert.Equal(across, NavigationMap.Tree.DistancesTo(6, -6).From(-6, -6), 1e-9);
    }

    [Fact]
    public void Walls_OfTheCorridor_AreItsFourSides() => Assert.Equal(
        [new Wall(-5.5, -0.5, -5.5, 0.5), new Wall(-5.5, -0.5, 5.5, -0.5), new Wall(-5.5, 0.5, 5.5, 0.5), new Wall(5.5, -0.5, 5.5, 0.5)],
        NavigationMap.Corridor.Walls);

    [Theory]
    [MemberData(nameof(Names))]
    public void DistancesTo_FromAnywhere_IsAtLeastEuclidAndFinite(string name)
    {
        var map = Fields.Concat(Mazes).Single(other => other.Name == name);
        var rng = new Rng(7);
        var (goalX, goalY) = NavigationMap.Draw(map.Free, 0.01, rng);
        var field = map.DistancesTo(goalX, goalY);
        for (var draw = 0; draw < 500; draw++)
        {
            var (x, y) = NavigationMap.Draw(map.Free, 0.01, rng);
            Assert.InRange(field.From(x, y), Math.Sqrt((x - goalX) * (x - goalX) + (y - goalY) * (y - goalY)) - 1e-9, 40);
        }
    }
}
