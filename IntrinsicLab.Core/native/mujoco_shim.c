/* MuJoCo as few plain functions: fields by name instead of struct offsets, a whole control step in one call.
   Strings are UTF-8 and end in zero. Tested with MuJoCo 2.2.2; what later versions need follows their documentation, untried. */

#include <math.h>
#include <mujoco/mujoco.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

/* Without a callback the engine would wait for a key on standard input, which in a worker never comes. It must not return: the engine
   has no way back from here. The process is that of one run, so the run alone is lost. */
static void stop(const char* message) {
  fprintf(stderr, "MuJoCo: fatal error: %s\n", message);
  fflush(stderr);
  abort();
}

/* Warnings are counted in mjData and reported by lab_mujoco_step; the engine would also write MUJOCO_LOG.TXT where it stands. */
static void hush(const char* message) {
  (void)message;
}

/* Version the engine reports, 222 for 2.2.2; 0 when the shim was compiled for another one and struct layouts may differ. */
EXPORT int lab_mujoco_version(void) {
  mju_user_error = stop;
  mju_user_warning = hush;
  return mj_version() == mjVERSION_HEADER ? mj_version() : 0;
}

/* Compiles a model from text, or returns null with the reason in error. The parser has global state: callers take turns. */
EXPORT mjModel* lab_mujoco_load(const char* xml, int length, char* error, int error_size) {
  mjModel* model = NULL;
  mjVFS* files = malloc(sizeof(mjVFS));
  if (!files) {
    snprintf(error, error_size, "out of memory");
    return NULL;
  }
  mj_defaultVFS(files);
#if mjVERSION_HEADER >= 314
  int failed = mj_addBufferVFS(files, "model.xml", xml, length);
#else
  int failed = mj_makeEmptyFileVFS(files, "model.xml", length);
  if (!failed)
    memcpy(files->filedata[mj_findFileVFS(files, "model.xml")], xml, length);
#endif
  if (failed)
    snprintf(error, error_size, "the model text could not be handed over (code %d)", failed);
  else
    model = mj_loadXML("model.xml", files, error, error_size);
  mj_deleteVFS(files);
  free(files);
  return model;
}

EXPORT void lab_mujoco_free_model(mjModel* model) { mj_deleteModel(model); }

EXPORT mjData* lab_mujoco_make_data(const mjModel* model) { return mj_makeData(model); }

EXPORT void lab_mujoco_free_data(mjData* data) { mj_deleteData(data); }

EXPORT void lab_mujoco_reset(const mjModel* model, mjData* data) { mj_resetData(model, data); }

EXPORT void lab_mujoco_forward(const mjModel* model, mjData* data) { mj_forward(model, data); }

/* One control step: the same controls for every frame. Returns how often the engine met a bad number; it has then reset the data. */
EXPORT int lab_mujoco_step(const mjModel* model, mjData* data, const double* control, int frames, int external_forces) {
  memcpy(data->ctrl, control, sizeof(double) * model->nu);
  for (int frame = 0; frame < frames; frame++)
    mj_step(model, data);
  if (external_forces)
    mj_rnePostConstraint(model, data);
  return data->warning[mjWARN_BADQPOS].number + data->warning[mjWARN_BADQVEL].number + data->warning[mjWARN_BADQACC].number
       + data->warning[mjWARN_BADCTRL].number;
}

/* The same steps in one go, controls of all steps one after the other: what the engine itself costs. */
EXPORT void lab_mujoco_loop(const mjModel* model, mjData* data, const double* controls, int steps, int frames, int external_forces) {
  for (int step = 0; step < steps; step++)
    lab_mujoco_step(model, data, controls + (size_t)step * model->nu, frames, external_forces);
}

/* What continues a simulation bit for bit: the integrated state with the solver's warm start, and the readings that lag behind it,
   which observations and rewards show as they are. */
#define STATE(X)                                                                            \
  X(qpos, nq, 1) X(qvel, nv, 1) X(act, na, 1) X(qacc_warmstart, nv, 1) X(ctrl, nu, 1)       \
  X(xpos, nbody, 3) X(xquat, nbody, 4) X(xmat, nbody, 9) X(xipos, nbody, 3)                 \
  X(geom_xpos, ngeom, 3) X(geom_xmat, ngeom, 9) X(site_xpos, nsite, 3)                      \
  X(subtree_com, nbody, 3) X(cinert, nbody, 10) X(cvel, nbody, 6)                           \
  X(qfrc_actuator, nv, 1) X(qfrc_constraint, nv, 1) X(cfrc_ext, nbody, 6)

EXPORT int lab_mujoco_state_size(const mjModel* model) {
  int size = 1;
#define X(field, rows, columns) size += model->rows * columns;
  STATE(X)
#undef X
  return size;
}

EXPORT void lab_mujoco_save(const mjModel* model, const mjData* data, double* state) {
  *state++ = data->time;
#define X(field, rows, columns)                                        \
  memcpy(state, data->field, sizeof(double) * model->rows * columns);  \
  state += model->rows * columns;
  STATE(X)
#undef X
}

EXPORT void lab_mujoco_restore(const mjModel* model, mjData* data, const double* state) {
  mj_resetData(model, data);
  data->time = *state++;
#define X(field, rows, columns)                                        \
  memcpy(data->field, state, sizeof(double) * model->rows * columns);  \
  state += model->rows * columns;
  STATE(X)
#undef X
}

/* Index of a named object, -1 where there is none. */
EXPORT int lab_mujoco_find(const mjModel* model, const char* kind, const char* name) {
  int type = !strcmp(kind, "body") ? mjOBJ_BODY : !strcmp(kind, "joint") ? mjOBJ_JOINT : !strcmp(kind, "geom") ? mjOBJ_GEOM
           : !strcmp(kind, "site") ? mjOBJ_SITE : !strcmp(kind, "actuator") ? mjOBJ_ACTUATOR
           : !strcmp(kind, "tendon") ? mjOBJ_TENDON : mjOBJ_UNKNOWN;
  return mj_name2id(model, type, name);
}

#define MODEL(field, rows, columns)            \
  if (!strcmp(name, #field)) {                 \
    *count = (int)((rows) * (columns));        \
    return model->field;                       \
  }
#define DATA(field, rows, columns)             \
  if (!strcmp(name, #field)) {                 \
    *count = (int)(model->rows * (columns));   \
    return data->field;                        \
  }

/* Array of numbers by its name in mjData or mjModel; valid as long as the data. Null where the shim does not know the name. */
EXPORT const double* lab_mujoco_numbers(const mjModel* model, const mjData* data, const char* name, int* count) {
  STATE(DATA)
  MODEL(qpos0, model->nq, 1)
  MODEL(qpos_spring, model->nq, 1)
  MODEL(body_pos, model->nbody, 3)
  MODEL(body_quat, model->nbody, 4)
  MODEL(body_ipos, model->nbody, 3)
  MODEL(body_iquat, model->nbody, 4)
  MODEL(body_mass, model->nbody, 1)
  MODEL(body_inertia, model->nbody, 3)
  MODEL(body_invweight0, model->nbody, 2)
  MODEL(jnt_pos, model->njnt, 3)
  MODEL(jnt_axis, model->njnt, 3)
  MODEL(jnt_range, model->njnt, 2)
  MODEL(jnt_stiffness, model->njnt, 1)
  MODEL(jnt_margin, model->njnt, 1)
  MODEL(jnt_solref, model->njnt, mjNREF)
  MODEL(jnt_solimp, model->njnt, mjNIMP)
  MODEL(dof_armature, model->nv, 1)
  MODEL(dof_damping, model->nv, 1)
  MODEL(dof_frictionloss, model->nv, 1)
  MODEL(dof_invweight0, model->nv, 1)
  MODEL(geom_size, model->ngeom, 3)
  MODEL(geom_pos, model->ngeom, 3)
  MODEL(geom_quat, model->ngeom, 4)
  MODEL(geom_friction, model->ngeom, 3)
  MODEL(geom_margin, model->ngeom, 1)
  MODEL(geom_gap, model->ngeom, 1)
  MODEL(geom_solref, model->ngeom, mjNREF)
  MODEL(geom_solimp, model->ngeom, mjNIMP)
  MODEL(geom_solmix, model->ngeom, 1)
  MODEL(site_pos, model->nsite, 3)
  MODEL(actuator_gear, model->nu, 6)
  MODEL(actuator_ctrlrange, model->nu, 2)
  MODEL(opt.gravity, 3, 1)
  return NULL;
}

/* As above, for arrays of 32-bit integers. */
EXPORT const int* lab_mujoco_integers(const mjModel* model, const char* name, int* count) {
  MODEL(body_parentid, model->nbody, 1)
  MODEL(jnt_type, model->njnt, 1)
  MODEL(jnt_bodyid, model->njnt, 1)
  MODEL(jnt_qposadr, model->njnt, 1)
  MODEL(jnt_dofadr, model->njnt, 1)
  MODEL(geom_type, model->ngeom, 1)
  MODEL(geom_bodyid, model->ngeom, 1)
  MODEL(geom_contype, model->ngeom, 1)
  MODEL(geom_conaffinity, model->ngeom, 1)
  MODEL(geom_condim, model->ngeom, 1)
  MODEL(site_bodyid, model->nsite, 1)
  MODEL(actuator_trntype, model->nu, 1)
  MODEL(actuator_trnid, model->nu, 2)
  return NULL;
}

/* As above, for arrays of bytes. */
EXPORT const mjtByte* lab_mujoco_bytes(const mjModel* model, const char* name, int* count) {
  MODEL(jnt_limited, model->njnt, 1)
  MODEL(actuator_ctrllimited, model->nu, 1)
  return NULL;
}

#define SCALAR(text, value) \
  if (!strcmp(name, text))  \
    return (double)(value);

/* Single number by name; NaN where the shim does not know it. */
EXPORT double lab_mujoco_number(const mjModel* model, const mjData* data, const char* name) {
  SCALAR("nq", model->nq)
  SCALAR("nv", model->nv)
  SCALAR("nu", model->nu)
  SCALAR("na", model->na)
  SCALAR("nbody", model->nbody)
  SCALAR("njnt", model->njnt)
  SCALAR("ngeom", model->ngeom)
  SCALAR("nsite", model->nsite)
  SCALAR("ntendon", model->ntendon)
  SCALAR("nM", model->nM)
  SCALAR("opt.timestep", model->opt.timestep)
  SCALAR("opt.integrator", model->opt.integrator)
  SCALAR("opt.solver", model->opt.solver)
  SCALAR("opt.iterations", model->opt.iterations)
  SCALAR("opt.tolerance", model->opt.tolerance)
  SCALAR("opt.cone", model->opt.cone)
  SCALAR("opt.jacobian", model->opt.jacobian)
  SCALAR("opt.impratio", model->opt.impratio)
  SCALAR("opt.noslip_iterations", model->opt.noslip_iterations)
  SCALAR("opt.density", model->opt.density)
  SCALAR("opt.viscosity", model->opt.viscosity)
  SCALAR("opt.disableflags", model->opt.disableflags)
  SCALAR("opt.enableflags", model->opt.enableflags)
  SCALAR("stat_meaninertia", model->stat.meaninertia)
  SCALAR("time", data->time)
  SCALAR("ncon", data->ncon)
  SCALAR("nefc", data->nefc)
  return NAN;
}
