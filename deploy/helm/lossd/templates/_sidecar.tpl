{{/*
lossd beside a trainer, for Jobs of your own as well: put
  - include "lossd.sidecar" .             into initContainers,
  - include "lossd.sidecar.volumes" .     into volumes,
  - the label lossd.dev/sidecar: "true"   on the pod,
  - terminationGracePeriodSeconds         of exitGraceSeconds + 25 on the pod,
and mount the volume `logs` into the trainer, which writes /logs/$TRAINING_JOB.log.

It starts before training, does not keep the Job from completing, and is told to end when the trainer has ended.
*/}}
{{- define "lossd.sidecar" -}}
- name: lossd
  image: {{ include "lossd.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  restartPolicy: Always
  args: [serve, --storage.path=/var/lib/lossd, "/logs/$(TRAINING_JOB).log"]
  env:
    {{- include "lossd.sidecar.env" . | nindent 4 }}
  ports:
    - name: lossd
      containerPort: 10333
  startupProbe:
    httpGet: {path: /-/ready, port: lossd}
    periodSeconds: 1
    failureThreshold: 30
  readinessProbe:
    httpGet: {path: /-/ready, port: lossd}
  livenessProbe:
    httpGet: {path: /-/healthy, port: lossd}
    periodSeconds: 20
  lifecycle:
    preStop:
      sleep:
        seconds: {{ .Values.sidecar.exitGraceSeconds }}
  resources:
    {{- toYaml .Values.sidecar.resources | nindent 4 }}
  securityContext:
    {{- include "lossd.containerSecurity" . | nindent 4 }}
  volumeMounts:
    - {name: logs, mountPath: /logs, readOnly: true}
    - {name: lossd-state, mountPath: /var/lib/lossd}
{{- end }}

{{/* The name of the log, and so of the training job. */}}
{{- define "lossd.sidecar.env" -}}
- name: TRAINING_JOB
  valueFrom:
    fieldRef:
      fieldPath: metadata.labels['batch.kubernetes.io/job-name']
{{- end }}

{{- define "lossd.sidecar.volumes" -}}
- name: logs
  emptyDir: {sizeLimit: 1Gi}
- name: lossd-state
  emptyDir: {sizeLimit: 64Mi}
{{- end }}
