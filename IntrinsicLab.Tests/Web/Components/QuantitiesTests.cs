using IntrinsicLab.Web.Components;

namespace IntrinsicLab.Tests.Web.Components;

public sealed class QuantitiesTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(1234, "1 234")]
    [InlineData(100_000, "100 k")]
    [InlineData(1_234_567, "1.23 M")]
    [InlineData(2.5e9, "2.5 G")]
    public void Count_IsShortWithItsUnit(double value, string expected) => Assert.Equal(expected, Plain(Quantities.Count(value)));

    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(192, "3 min 12 s")]
    [InlineData(7500, "2 h 5 min")]
    [InlineData(190_000, "2 d 4 h")]
    [InlineData(double.NaN, "–")]
    public void Duration_HasTwoUnits(double seconds, string expected) => Assert.Equal(expected, Plain(Quantities.Duration(seconds)));

    [Theory]
    [InlineData(null, "–")]
    [InlineData(double.NaN, "not a number")]
    [InlineData(double.NegativeInfinity, "−∞")]
    [InlineData(-0.25, "−0.25")]
    [InlineData(2415.3, "2 415")]
    [InlineData(0.00001234, "1.23e−5")]
    public void Value_HasAboutFourFigures(double? value, string expected) => Assert.Equal(expected, Plain(Quantities.Value(value)));

    [Fact]
    public void Plural_FollowsTheCount()
    {
        Assert.Equal("1 run", Plain(Quantities.Plural(1, "run")));
        Assert.Equal("2 runs", Plain(Quantities.Plural(2, "run")));
    }

    [Fact]
    public void Bytes_AreDecimal() => Assert.Equal("4.46 MB", Plain(Quantities.Bytes(4_460_000)));

    [Fact]
    public void Numbers_AreSetWithThinSpaces() => Assert.Equal("1\u2009234", Quantities.Count(1234));

    private static string Plain(string text) => text.Replace('\u2009', ' ');
}
