using System.Globalization;
using Slideport.Sam.Pins;
using Slideport.Sam.Users;

namespace Slideport.Sam.Tests.Pins;

public sealed class PinRulesTests
{
    [Theory]
    [InlineData("739164")]
    [InlineData("480273")]
    [InlineData("905518")]
    public void What_is_not_tried_first_is_taken(string pin) => Assert.Empty(PinRules.Check(6, pin));

    [Theory]
    [InlineData("111111")]
    [InlineData("112211")]
    [InlineData("123456")]
    [InlineData("987654")]
    [InlineData("890123")]
    [InlineData("246802")]
    [InlineData("123123")]
    [InlineData("198407")] // a year in front
    [InlineData("071984")] // and at the end
    [InlineData("240383")] // dates in three ways
    [InlineData("032483")]
    [InlineData("830324")]
    public void What_guessers_try_first_is_not(string pin) => Assert.StartsWith("Guessers", Assert.Single(PinRules.Check(6, pin)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("73916")]
    [InlineData("7391640")]
    [InlineData("73916a")]
    [InlineData("73916 ")]
    [InlineData("-39164")]
    [InlineData("٧٣٩١٦٤")]
    public void A_PIN_is_digits_of_exactly_the_number_wanted(string pin) => Assert.Equal("Write exactly 6 digits.", Assert.Single(PinRules.Check(6, pin)).Message);

    // Refusing too many would leave guessers fewer to try.
    [Theory]
    [InlineData(5, 0.06)]
    [InlineData(6, 0.14)]
    public void Most_PINs_stay_to_choose_from(int digits, double most)
    {
        var all = (int)Math.Pow(10, digits);

        var refused = Enumerable.Range(0, all).Count(n => PinRules.Check(digits, n.ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0')).Count > 0);

        Assert.InRange((double)refused / all, 0.01, most);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(9)]
    public void An_installation_wants_five_to_eight_digits(int digits) =>
        Assert.Equal([$"Users:PinDigits is {digits}; it must be 5 to 8."], new UserOptions { PinDigits = digits }.Validate());
}
