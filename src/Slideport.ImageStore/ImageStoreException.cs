namespace Slideport.ImageStore;

/// <summary>Why the image file system cannot take a delivery now.</summary>
public enum ImageStoreFailure
{
    /// <summary>It is not there: not mounted, or its sentinel file is gone. Waiting may help.</summary>
    Offline,

    /// <summary>It is there but is another one than was used before. Only a person can decide.</summary>
    Foreign,

    /// <summary>It is full. Waiting may help.</summary>
    Full,

    /// <summary>It will not have us, or we will not have it: no encryption, an old dialect, guests, a wrong password, no right to write.</summary>
    Refused,
}

/// <summary>The image file system cannot take a delivery; nothing was written under a final name.</summary>
public sealed class ImageStoreException : IOException
{
    /// <summary>A failure and one sentence that says what to do.</summary>
    public ImageStoreException(ImageStoreFailure failure, string message, Exception? inner = null)
        : base(message, inner) => Failure = failure;

    /// <summary>What kind of failure.</summary>
    public ImageStoreFailure Failure { get; }

    /// <summary>Whether a name and a password were not taken: who tries them again and again locks the account.</summary>
    public bool IsOfLogon { get; init; }
}
