using Slideport.Sam.Users;

namespace Slideport.Sam.Tests.Users;

public sealed class PasswordRulesTests
{
    [Theory]
    [InlineData("tall giraffes dislike rain")]
    [InlineData("vX9!kq27Lm#0pQz")]
    [InlineData("Straßenbahn 41 fährt")]
    [InlineData("correct horse battery staple")]
    [InlineData("my microscope drinks tea")]
    public void Fifteen_characters_that_nobody_tries_first_are_taken(string password) => Assert.Empty(Check(PasswordPolicy.Nist, password));

    [Theory]
    [InlineData("")]
    [InlineData("fourteen chars")] // 14
    [InlineData("passwordpassword")]
    [InlineData("P@ssw0rd!P@ssw0rd!")]
    [InlineData("Password1234567890")]
    [InlineData("welcome to slideport 2026")]
    [InlineData("123456789012345")]
    [InlineData("aaaaaaaaaaaaaaaa")]
    [InlineData("abababababababab")]
    [InlineData("abcdefghijklmnopqrs")]
    [InlineData("qwertyuiopasdfghjkl")]
    [InlineData("Berger Anna 1984!")]
    [InlineData("annaannaannaanna")]
    [InlineData("anna@clinic2026clinic")]
    public void What_is_short_common_or_the_users_own_name_is_not(string password) => Assert.Single(Check(PasswordPolicy.Nist, password));

    [Theory]
    [InlineData("Tr0mmel_", true)]
    [InlineData("tr0mmel_", false)]
    [InlineData("TR0MMEL_", false)]
    [InlineData("Trommel_", false)]
    [InlineData("Tr0mmel1", false)]
    [InlineData("Tr0mm_l", false)]
    [InlineData("Passw0rd!", false)]
    [InlineData("Abcdef1!", false)]
    [InlineData("tall giraffes dislike rain", false)]
    public void The_GT_450s_rules_are_a_switch(string password, bool taken) => Assert.Equal(taken, Check(PasswordPolicy.Gt450, password).Count == 0);

    [Fact]
    public void A_refusal_names_the_field_and_never_the_password()
    {
        var error = Assert.Single(Check(PasswordPolicy.Nist, "secretcanary"));

        Assert.Equal("password", error.Field);
        Assert.DoesNotContain("canary", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_makes_us_hash_a_book() => Assert.Single(Check(PasswordPolicy.Nist, string.Concat(Enumerable.Range(0, 100).Select(i => $"giraffe {i} "))));

    [Fact]
    public async Task Passwords_are_hashed_210_000_times()
    {
        using var passwords = new Passwords(new UserOptions().HashIterations);

        var hash = Convert.FromBase64String(await passwords.HashAsync("tall giraffes dislike rain", TestContext.Current.CancellationToken));

        Assert.Equal(210_000u, System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(5)));
    }

    private static IReadOnlyList<Slideport.Protocol.Configuration.FieldError> Check(PasswordPolicy policy, string password) =>
        PasswordRules.Check(policy, UserText.Fold(password), "password", "anna", "Anna Berger");
}
