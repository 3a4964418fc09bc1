    /// <summary>One answer of the gateway.</summary>
    public sealed class __Prediction__
    {
        internal __Prediction__(object row)
        {
            Id = Json.Text(Json.Member(row, "id"));
            Version = Json.Text(Json.Member(row, "version"));
            Revision = Json.Text(Json.Member(row, "revision"));
            Value = Json.Number(Json.Member(row, "prediction"));
        }

        /// <summary>The prediction's id: keep it to tell the true value later.</summary>
        public string Id { get; private set; }

        /// <summary>The version that answered.</summary>
        public string Version { get; private set; }

        /// <summary>The version's trained artifact that answered (sha256).</summary>
        public string Revision { get; private set; }

        /// <summary>The predicted __Target__.</summary>
        public double Value { get; private set; }
    }
