using Slideport.ImageStore.Smb;

namespace Slideport.ImageStore.Tests.Smb;

public sealed class SmbCredentialsTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void What_is_written_is_read()
    {
        File.WriteAllText(_path, new SmbCredentials("slideport", " a=b # ü ", "LAB").ToFile());

        var read = SmbCredentials.Read(_path)!;

        Assert.Equal(("slideport", " a=b # ü ", "LAB"), (read.User, read.Password, read.Domain));
    }

    [Fact]
    public void A_file_of_mount_cifs_is_read()
    {
        File.WriteAllText(_path, "username = slideport\r\n\npassword=x\r\ndomain=LAB\n");

        Assert.Equal(("slideport", "LAB"), (SmbCredentials.Read(_path)!.User, SmbCredentials.Read(_path)!.Domain));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void A_file_that_others_can_get_at_is_not_used(UnixFileMode others)
    {
        File.WriteAllText(_path, new SmbCredentials("slideport", "secret").ToFile());
        File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite | others);

        var refused = Assert.Throws<ImageStoreException>(() => SmbCredentials.Read(_path));

        Assert.Equal(ImageStoreFailure.Refused, refused.Failure);
        Assert.Contains("chmod 600", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("username=x\n")]
    [InlineData("username=\npassword=x\n")]
    [InlineData("user=x\npassword=x\n")]
    public void A_file_without_a_name_or_a_password_is_not_used(string text)
    {
        File.WriteAllText(_path, text);

        Assert.Equal(ImageStoreFailure.Refused, Assert.Throws<ImageStoreException>(() => SmbCredentials.Read(_path)).Failure);
    }

    [Fact]
    public void No_file_is_no_credentials() => Assert.Null(SmbCredentials.Read(_path + "-none"));

    [Theory]
    [InlineData("", "x")]
    [InlineData("x", "")]
    [InlineData("x", "a\nb")]
    public void What_would_not_be_read_again_is_not_written(string user, string password) =>
        Assert.Throws<ArgumentException>(() => new SmbCredentials(user, password).ToFile());

    [Fact]
    public void Nothing_that_is_printed_holds_the_password() =>
        Assert.DoesNotContain("secret", $"{new SmbCredentials("x", "secret")} {new SmbRequest(SmbOperation.Connect) { Password = "secret" }}", StringComparison.Ordinal);
}
